import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_purchase_replenish", {
    steps: () => [
        {
            content: "It will be sold out before an order could arrive",
            trigger: ".o_data_row:contains('Tour Lamp') .badge:contains('Too late')",
        },
        {
            content: "See its reordering rule",
            trigger:
                ".o_data_row:contains('Tour Lamp') button[name='action_show_orderpoints']",
            run: "click",
        },
        {
            content: "What channels hold is off the forecast",
            trigger:
                ".o_data_row:contains('Tour Lamp') .o_data_cell[name='channel_held']:contains('8')",
        },
        {
            content: "And back",
            trigger: ".breadcrumb-item:contains('Expected Stockouts') a",
            run: "click",
        },
        {
            content: "Replenish",
            trigger:
                ".o_data_row:contains('Tour Lamp') button[name='action_replenish']",
            run: "click",
        },
        {
            content: "Odoo's own dialog asks for what the rule asks for",
            trigger: ".modal .o_field_widget[name='quantity'] input:value(18.00)",
            timeout: 60000,
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='launch_replenishment']",
            run: "click",
        },
        {
            content: "It is ordered",
            trigger: ".o_notification",
        },
    ],
});

registry.category("web_tour.tours").add("channel_purchase_earlier", {
    steps: () => [
        {
            content: "The vendor promises it earlier",
            trigger: ".alert-info:contains('Tour Desk')",
        },
        {
            content: "Accept it",
            trigger: "button[name='action_accept_earlier_dates']",
            run: "click",
        },
        {
            content: "Nothing is left to accept",
            trigger: ".o_form_view:not(:has(.alert-info:contains('Tour Desk')))",
        },
    ],
});
