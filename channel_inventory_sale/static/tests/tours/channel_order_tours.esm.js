import {openMenu} from "@channel_inventory_base/../tests/tours/open_menu.esm";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_routing", {
    steps: () => [
        ...openMenu(
            "channel_menu_configuration",
            "channel_menu_routing",
            "channel_inventory_sale"
        ),
        {
            content: "Make a rule",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Tour rule",
        },
        {
            content: "Add a warehouse",
            trigger: ".o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Type its name",
            trigger: ".o_selected_row .o_field_widget[name='warehouse_id'] input",
            run: "edit Channel CHT",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Channel CHT')",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Saved",
            trigger: ".o_form_saved",
        },
    ],
});

registry.category("web_tour.tours").add("channel_override_check", {
    steps: () => [
        ...openMenu("channel_menu_operations", "channel_menu_exceptions"),
        {
            content: "Open the one of high risk",
            trigger: ".o_kanban_record:contains('fraud risk')",
            run: "click",
        },
        {
            content: "Let the order pass",
            trigger: "button[name='action_override']",
            run: "click",
        },
        {
            content: "It is written down: confirm",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "It stays until the order is imported, and says so",
            trigger: ".o_form_view .alert-warning:contains('Retried')",
        },
    ],
});
