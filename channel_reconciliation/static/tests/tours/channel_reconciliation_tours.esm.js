import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_reconcile_worklist", {
    steps: () => [
        {
            content: "Open the section of the menu",
            trigger:
                "button[data-menu-xmlid='channel_reconciliation.channel_menu_reconciliation']",
            run: "click",
        },
        {
            content: "Choose the differences",
            trigger:
                ".o-dropdown-item[data-menu-xmlid='channel_reconciliation.channel_menu_reconcile_differences']",
            run: "click",
        },
        {
            content: "Both are to be decided",
            trigger: ".o_data_row:contains('SKU-2'):contains('To decide')",
        },
        {
            content: "Choose all of them",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Publish ours",
            trigger: "button[name='action_publish_ours']",
            run: "click",
        },
        {
            content: "Nothing is left to do",
            trigger: ".o_view_nocontent_smiling_face:contains('No differences')",
        },
    ],
});
