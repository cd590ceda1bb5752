import {registry} from "@web/core/registry";

const openPopover = [
    {
        content: "look what is there",
        trigger: ".o_field_widget[name=order_line] .fa-area-chart",
        run: "click",
    },
];

registry.category("web_tour.tours").add("channel_quote_holds", {
    steps: () => [
        {
            content: "hold the stock",
            trigger: "button[name=action_channel_hold]",
            run: "click",
        },
        {
            content: "the banner says until when",
            trigger: ".o_channel_hold_banner:contains('4 Units Tour Lamp')",
        },
        {
            content: "only a manager extends",
            trigger:
                ".o_form_view:not(:has(button[name=action_channel_extend]:visible))",
        },
        ...openPopover,
        {
            content: "why so many are sellable",
            trigger: ".o_channel_promise:contains('Sellable now 5 = 5 on hand')",
        },
        {
            content: "and which are this quotation's",
            trigger: ".o_channel_promise:contains('4 held for this quotation')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_quote_refused", {
    steps: () => [
        {
            content: "confirming would take too many",
            trigger: ".o_channel_short_banner:contains('3 wanted, 1 there')",
        },
        ...openPopover,
        {
            content: "four are held by a colleague",
            trigger:
                ".o_channel_promise:contains('Sellable now 1 = 5 on hand - 4 held for orders')",
        },
        {
            content: "hold them all the same",
            trigger: "button[name=action_channel_hold]",
            run: "click",
        },
        {
            content: "refused, with what is there",
            trigger: ".modal:contains('1 of 3')",
        },
        {
            content: "close it",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "confirm",
            trigger: "button[name=action_confirm]:visible",
            run: "click",
        },
        {
            content: "asked",
            trigger: ".modal:contains('Confirm Anyway')",
        },
        {
            content: "close it",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "confirm anyway",
            trigger: "button[name=action_channel_confirm_anyway]",
            run: "click",
        },
        {
            content: "it is logged",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "confirmed",
            trigger:
                ".o_statusbar_status .o_arrow_button_current:contains('Sales Order')",
        },
    ],
});
