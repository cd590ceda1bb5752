import {openMenu} from "@channel_inventory_base/../tests/tours/open_menu.esm";
import {registry} from "@web/core/registry";

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
            trigger:
                ".o_view_nocontent_smiling_face:contains('All listings are matched')",
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
            content: "It asks what was done",
            trigger: ".modal [name='reason'] input",
            run: "edit Counted: 12 it is",
        },
        {
            content: "Say so",
            trigger: ".modal button[name='action_confirm']:contains('Resolve')",
            run: "click",
        },
        {
            content: "It is resolved",
            trigger: ".o_arrow_button_current:contains('Resolved')",
        },
    ],
});

registry.category("web_tour.tours").add("channel_dead_letters", {
    steps: () => [
        ...openMenu("channel_menu_operations", "channel_menu_dead_letters"),
        {
            content: "What has one cause is one group; open it",
            trigger: ".o_group_header:contains('is no JSON')",
            run: "click",
        },
        {
            content: "Choose one",
            trigger:
                ".o_data_row:contains('orders/tour') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Give it up",
            trigger: ".o_control_panel button[name='action_discard']",
            run: "click",
        },
        {
            content: "For a reason",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit Only a test",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "It has left the list",
            trigger: "body:not(:has(.modal)):not(:contains('orders/tour'))",
        },
    ],
});

registry.category("web_tour.tours").add("channel_replay", {
    steps: () => [
        {
            content: "Open the channel",
            trigger: ".o_kanban_record span:contains('Tour Channel')",
            run: "click",
        },
        {
            content: "Replay a period of it",
            trigger: ".o_form_statusbar button:contains('Replay')",
            run: "click",
        },
        {
            content: "First look",
            trigger: ".modal button[name='action_show']",
            run: "click",
        },
        {
            content: "It says what would happen",
            trigger: ".modal .o_data_row:contains('Captures #T1')",
        },
        {
            content: "Then do it",
            trigger: ".modal button[name='action_replay']",
            run: "click",
        },
        {
            content: "And it says so",
            trigger: ".o_notification:contains('1 events')",
        },
    ],
});

/** Words above a column may be longer than its numbers: none of them is cut off. */
function checkHeaders() {
    const labels = [...document.querySelectorAll(".o_list_view th .text-truncate")];
    const cut = labels.filter((label) => label.scrollWidth > label.clientWidth);
    if (!labels.length || cut.length) {
        throw new Error(`cut off: ${cut.map((label) => label.textContent)}`);
    }
}

registry.category("web_tour.tours").add("channel_list_headers", {
    steps: () => [
        {
            content: "A list whose headers are wider than its numbers",
            trigger: ".o_list_view .o_data_row",
        },
        {
            content: "All of each is there",
            trigger: ".o_list_view th[data-name='unconfirmed_count']",
            run: checkHeaders,
        },
    ],
});
