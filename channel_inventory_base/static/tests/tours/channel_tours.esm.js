import {registry} from "@web/core/registry";

const openMenu = (section, item) => [
    {
        content: "Open the section of the menu",
        trigger: `button[data-menu-xmlid='channel_inventory_base.${section}']`,
        run: "click",
    },
    {
        content: "Choose the menu item",
        trigger: `.o-dropdown-item[data-menu-xmlid='channel_inventory_base.${item}']`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("channel_why_this_number", {
    steps: () => [
        {
            content: "The dashboard tells the health in words; open the channel",
            trigger:
                ".o_kanban_record:has(.o_channel_health:contains('Healthy')) span:contains('Tour Channel')",
            run: "click",
        },
        {
            content: "Look at its levels",
            trigger: ".oe_stat_button:contains('Levels')",
            run: "click",
        },
        {
            content: "Open the level",
            trigger: ".o_data_row .o_data_cell[name='sku']:contains('SKU-1')",
            run: "click",
        },
        {
            content: "The number starts from what lies on the shelf",
            trigger: ".o_level_why tr[data-kind='on_hand']:contains('10')",
        },
        {
            content: "The rule is named",
            trigger: ".o_level_why tr[data-kind='fixed']:contains('Fixed buffer 3')",
        },
        {
            content: "And arrives at the target",
            trigger: ".o_level_why_result:contains('7')",
        },
        {
            content: "Its warehouse is there",
            trigger: ".o_level_why td:contains('Channel CHT')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_listing_review", {
    steps: () => [
        ...openMenu("channel_menu_stock", "channel_menu_listings_review"),
        {
            content: "The suggestion tells its reason",
            trigger: ".o_data_row:contains('OLD-2'):contains('Same barcode')",
        },
        {
            content: "Accept it",
            trigger: ".o_data_row:contains('OLD-2') button[name='action_accept']",
            run: "click",
        },
        {
            content: "Nothing is left to match",
            trigger: ".o_view_nocontent_smiling_face:contains('Everything is matched')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_exception_resolve", {
    steps: () => [
        ...openMenu("channel_menu_operations", "channel_menu_exceptions"),
        {
            content: "Open the exception",
            trigger: ".o_kanban_record:contains('Somebody changed 7')",
            run: "click",
        },
        {
            content: "It says what to do",
            trigger: ".o_form_view .alert-info:contains('Count the shelf')",
        },
        {
            content: "Take it",
            trigger: "button[name='action_take']",
            run: "click",
        },
        {
            content: "It is mine: nothing left to take",
            trigger: ".o_statusbar_buttons:not(:has(button[name='action_take']))",
        },
        {
            content: "Resolve it",
            trigger: "button[name='action_resolve']",
            run: "click",
        },
        {
            content: "It is resolved",
            trigger: ".o_arrow_button_current:contains('Resolved')",
        },
    ],
});
