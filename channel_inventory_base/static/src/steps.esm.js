import {_t} from "@web/core/l10n/translation";

/** What is to be done, as it is drawn: which comes next, and what its icon says. */
export function markSteps(steps) {
    const next = steps.findIndex((step) => !step.is_done);
    return steps.map((step, place) => ({
        ...step,
        isNext: place === next,
        label: step.is_done ? _t("Done") : _t("To do"),
    }));
}
