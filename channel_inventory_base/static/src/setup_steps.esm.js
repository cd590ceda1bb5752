import {Component} from "@odoo/owl";
import {markSteps} from "@channel_inventory_base/steps.esm";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The steps to a live channel: which are done, and which is next. */
export class SetupSteps extends Component {
    static template = "channel_inventory_base.SetupSteps";
    static props = {...standardFieldProps};

    get steps() {
        return markSteps(this.props.record.data[this.props.name] || []);
    }
}

registry.category("fields").add("channel_setup_steps", {
    component: SetupSteps,
    supportedTypes: ["json"],
});
