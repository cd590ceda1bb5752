import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_edi_invoice_waits", {
    steps: () => [
        {
            content: "An invoice waits",
            trigger: ".o_data_row:contains('810') .o_data_cell[name='state']",
            run: "click",
        },
        {
            content: "Its goods were not told as shipped yet",
            trigger: ".o_arrow_button_current[data-value='waiting']",
        },
        {
            content: "See which invoice it is",
            trigger: "button[name='action_open_record']",
            run: "click",
        },
        {
            content: "It is posted",
            trigger: ".o_arrow_button_current[data-value='posted']",
        },
        {
            content: "Back to the document",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "Send it all the same",
            trigger: "button[name='action_send_waiting']",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It goes out",
            trigger: ".o_arrow_button_current[data-value='ready']",
        },
    ],
});
