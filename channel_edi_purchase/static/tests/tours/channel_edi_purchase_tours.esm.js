import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_edi_supplier_answer", {
    steps: () => [
        {
            content: "The supplier answers otherwise than ordered",
            trigger: ".o_data_row:contains('Fabrik') .o_data_cell[name='number']",
            run: "click",
        },
        {
            content: "It says what differs",
            trigger: ".alert-warning:contains('SKU-1')",
        },
        {
            content: "Open the order",
            trigger: "button[name='action_open_order']",
            run: "click",
        },
        {
            content: "It is told there, too",
            trigger: ".o_field_widget[name='edi_difference_text']:contains('SKU-1')",
        },
        {
            content: "Choose the line's price",
            trigger: ".o_data_row .o_data_cell[name='price_unit']",
            run: "click",
        },
        {
            content: "Accept what the supplier wants",
            trigger: ".o_selected_row .o_field_widget[name='price_unit'] input",
            run: "edit 3.00",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Nothing is to be decided any more",
            trigger:
                ".o_form_saved:not(:has(.o_field_widget[name='edi_difference_text']))",
        },
    ],
});
