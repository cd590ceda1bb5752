import {Component, useRef} from "@odoo/owl";
import {markSteps} from "@channel_inventory_base/steps.esm";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/** The stages of a rollout: what is done, what is missing, and the way to it. */
export class Rollout extends Component {
    static template = "channel_inventory_base.Rollout";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.root = useRef("root");
    }

    get stages() {
        const stages = markSteps(this.props.record.data[this.props.name] || []);
        return stages.map((stage) => ({...stage, steps: markSteps(stage.steps)}));
    }

    /** Go where it is done: a page of this form, or what the channel's method opens. */
    async open(step) {
        const {record} = this.props;
        if (!step.action) {
            const form = this.root.el.closest(".o_form_view");
            form.querySelector(`.nav-link[name="${step.page}"]`)?.click();
            return;
        }
        await record.save();
        await this.action.doActionButton({
            type: "object",
            name: step.action,
            resModel: record.resModel,
            resId: record.resId,
            resIds: [record.resId],
            context: record.context,
            onClose: () => record.load(),
        });
    }
}

registry.category("fields").add("channel_rollout", {
    component: Rollout,
    supportedTypes: ["json"],
});
