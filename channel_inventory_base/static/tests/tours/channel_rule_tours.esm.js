import {registry} from "@web/core/registry";

// By an operator, in a preview.
const propose = () => [
    {
        content: "Propose it",
        trigger:
            ".modal:not(.o_inactive_modal):has(.o_channel_preview_headline) button[name='action_propose']",
        run: "click",
    },
    {
        content: "It is proposed",
        trigger: ".o_arrow_button_current:contains('Proposed')",
    },
    {
        content: "Who proposed it may not approve it",
        trigger:
            ".o_form_statusbar:not(:has(button[name='action_approve'])) button[name='action_withdraw']",
    },
];

// By a manager, in the form of what the operator has proposed.
const approve = () => [
    {
        content: "It says who proposed it",
        trigger: ".o_form_view .alert-warning:contains('Olga Operator')",
    },
    {
        content: "Approve it",
        trigger: "button[name='action_approve']",
        run: "click",
    },
    {
        content: "It is active",
        trigger: ".o_arrow_button_current:contains('Active')",
    },
    {
        content: "Its version names both",
        trigger:
            ".o_field_widget[name='version_ids'] .o_data_row:contains('Olga Operator'):contains('Mike Manager')",
    },
];

registry.category("web_tour.tours").add("channel_rule_propose", {
    steps: () => [
        {
            content: "Make a rule",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "It keeps back three",
            trigger: ".o_field_widget[name='value'] input",
            run: "edit 3",
        },
        {
            content: "Of one product",
            trigger: ".o_field_widget[name='product_tmpl_id'] input",
            run: "edit Product 1",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item a:contains('Product 1')",
            run: "click",
        },
        {
            content: "The numbers in scope are counted before anything is saved",
            trigger: ".oe_stat_button[name='action_show_levels']:contains('1')",
        },
        {
            content: "What it does is said in words",
            trigger:
                ".o_field_widget[name='summary']:contains('3 stock units are kept')",
        },
        {
            content: "Look at what it would do",
            trigger: "button[name='action_preview']",
            run: "click",
        },
        {
            content: "One number goes down",
            trigger:
                ".modal .o_channel_preview_headline:contains('1 of 1 quantities would change: 1 down (0 to zero)')",
        },
        {
            content: "Ask why",
            trigger: ".modal .o_data_row .o_data_cell[name='node_id']",
            run: "click",
        },
        {
            content: "The draft is a step of the new number",
            trigger:
                ".modal:not(.o_inactive_modal) .o_level_why tr[data-kind='fixed']:contains('the draft')",
        },
        {
            content: "It arrives at the new number",
            trigger: ".modal:not(.o_inactive_modal) .o_level_why_result:contains('7')",
        },
        {
            content: "Back to the preview",
            trigger: ".modal:not(.o_inactive_modal) .btn-close",
            run: "click",
        },
        ...propose(),
    ],
});

registry.category("web_tour.tours").add("channel_rule_approve", {
    steps: () => [
        {
            content: "What waits for approval says what it does",
            trigger:
                ".o_kanban_record:contains('Fixed buffer 3'):contains('3 stock units are kept back')",
            run: "click",
        },
        ...approve(),
    ],
});

const readWhy = (words) => [
    {
        content: "Open the number",
        trigger: ".o_data_row .o_data_cell[name='sku']:contains('SKU-1')",
        run: "click",
    },
    {
        content: "It names the rule and its version",
        trigger: `.o_level_why tr[data-kind='fixed']:contains('${words}')`,
    },
];

registry.category("web_tour.tours").add("channel_rule_explained", {
    steps: () => readWhy("Fixed buffer 3, version 1"),
});

registry.category("web_tour.tours").add("channel_rule_explained_later", {
    steps: () => readWhy("Fixed buffer 5, version 2"),
});

registry.category("web_tour.tours").add("channel_rule_explained_then", {
    steps: () => [
        {
            content: "A number published long ago names the version of then",
            trigger:
                ".o_level_why tr[data-kind='fixed']:contains('Fixed buffer 3, version 1')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_mapping_approve", {
    steps: () => [
        {
            content: "The change and who wants it",
            trigger:
                ".o_data_row:contains('SKU-1'):contains('1 Units → 12 Units per sold unit')",
        },
        {
            content: "Approve it",
            trigger: ".o_data_row:contains('SKU-1') button[name='action_approve']",
            run: "click",
        },
        {
            content: "Nothing is left to approve",
            trigger: ".o_view_nocontent_smiling_face:contains('Nothing to approve')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_group_propose", {
    steps: () => [
        {
            content: "Open the group",
            trigger: ".o_data_row .o_data_cell[name='name']:contains('Scarce')",
            run: "click",
        },
        {
            content: "The first channel",
            trigger:
                ".o_field_widget[name='member_ids'] .o_data_row:contains('Tour Channel') .o_data_cell[name='weight']",
            run: "click",
        },
        {
            content: "It gets three parts of four",
            trigger: ".o_field_widget[name='weight'] input",
            run: "edit 3",
        },
        {
            content: "Leave the line",
            trigger: ".o_form_view p.text-muted",
            run: "click",
        },
        {
            content: "What changes is said before anything is saved",
            trigger: ".o_form_view .alert-info:contains('Tour Channel 3')",
        },
        {
            content: "Saved, it is a draft",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "What is in effect stays",
            trigger: ".o_arrow_button_current:contains('Draft')",
        },
        {
            content: "Look at what it would do",
            trigger: "button[name='action_preview']",
            run: "click",
        },
        {
            content: "One number goes up, the other down",
            trigger:
                ".modal .o_channel_preview_headline:contains('2 of 2 quantities would change: 1 down (0 to zero), 1 up')",
        },
        ...propose(),
    ],
});

registry.category("web_tour.tours").add("channel_group_approve", {
    steps: () => [
        {
            content: "What waits for approval says what it changes",
            trigger: ".o_data_row:contains('Scarce'):contains('Tour Channel 3')",
        },
        {
            content: "Open it",
            trigger: ".o_data_row .o_data_cell[name='name']:contains('Scarce')",
            run: "click",
        },
        ...approve(),
    ],
});
