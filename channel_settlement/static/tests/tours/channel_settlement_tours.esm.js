import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_settlement_decide", {
    steps: () => [
        {
            content: "Open the payout that has a line without a place",
            trigger: ".o_data_row:contains('P1') td[name='name']",
            run: "click",
        },
        {
            content: "It says how many lines are to be decided",
            trigger: "button[name='action_open_issues']:contains('1')",
            run: "click",
        },
        {
            content: "The order is not known",
            trigger: ".o_data_row:contains('Order unknown')",
        },
        {
            content: "Choose the line",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Decide on it",
            trigger: "button[name='action_decide']",
            run: "click",
        },
        {
            content: "Choose the account",
            trigger: ".modal .o_field_widget[name='account_id'] input",
            run: "edit Settlement adjustment",
        },
        {
            content: "Take the account",
            trigger: ".ui-menu-item a:contains('Settlement adjustment')",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit Sold at the till",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "Nothing is left to decide",
            trigger: ".o_view_nocontent_smiling_face, body:not(:has(.modal))",
        },
        {
            content: "Back to the payout",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:last a",
            run: "click",
        },
        {
            content: "It is ready: propose it",
            trigger: "button[name='action_propose']",
            run: "click",
        },
        {
            content: "Another accountant has to approve it",
            trigger: ".o_form_view .alert-info:contains('Another accountant')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_settlement_post", {
    steps: () => [
        {
            content: "Open the payout that is to approve",
            trigger: ".o_data_row:contains('To approve') td[name='name']",
            run: "click",
        },
        {
            content: "Approve it",
            trigger: ".o_form_view button[name='action_approve']",
            run: "click",
        },
        {
            content: "It is posted, and found in the bank",
            trigger: ".o_form_view .ribbon:contains('In Bank')",
        },
        {
            content: "Its entry",
            trigger: "button[name='action_open_entry']",
            run: "click",
        },
        {
            content: "It is balanced and leads back to the settlement",
            trigger: "button[name='action_open_channel_settlement']",
            run: "click",
        },
        {
            content: "Nothing is left over",
            trigger: ".o_field_widget[name='bank_residual']:contains('0.00')",
        },
    ],
});
