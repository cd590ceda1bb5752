import {FormController} from "@web/views/form/form_controller";
import {KanbanController} from "@web/views/kanban/kanban_controller";
import {formView} from "@web/views/form/form_view";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {registry} from "@web/core/registry";
import {useInterval} from "@channel_inventory_base/use_interval.esm";

const DASHBOARD_SECONDS = 15;
const FORM_SECONDS = 5;

/** Cards that say how a channel is now, not how it was when the screen was opened. */
export class ChannelDashboardController extends KanbanController {
    setup() {
        super.setup();
        useInterval(() => this.model.root.load(), DASHBOARD_SECONDS);
    }
}

/** While a channel is set up, jobs do what its buttons ask for: show when they did. */
export class ChannelFormController extends FormController {
    setup() {
        super.setup();
        useInterval(() => this.refresh(), FORM_SECONDS);
    }

    async refresh() {
        const root = this.model.root;
        if (root.isNew || !root.data.next_step || (await root.isDirty())) {
            return;
        }
        await root.load();
    }
}

registry.category("views").add("channel_dashboard", {
    ...kanbanView,
    Controller: ChannelDashboardController,
});
registry.category("views").add("channel_form", {
    ...formView,
    Controller: ChannelFormController,
});
