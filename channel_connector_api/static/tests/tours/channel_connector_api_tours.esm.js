import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_api_new_key", {
    steps: () => [
        {
            content: "Open the section of the menu",
            trigger: "button[data-menu-xmlid='channel_connector_api.channel_api_menu']",
            run: "click",
        },
        {
            content: "Choose the keys",
            trigger:
                ".o-dropdown-item[data-menu-xmlid='channel_connector_api.channel_api_key_menu']",
            run: "click",
        },
        {
            content: "Open the key that is valid",
            trigger: ".o_data_row:contains('Shop') .o_data_cell[name='name']",
            run: "click",
        },
        {
            content: "Make the next one",
            trigger: "button[name='action_rotate']",
            run: "click",
        },
        {
            content: "It may do what the former one may",
            trigger: ".modal .o_field_widget[name='may_hold'] input:checked",
        },
        {
            content: "Make it",
            trigger: ".modal button[name='action_make']",
            run: "click",
        },
        {
            content: "It is shown, this once",
            trigger: ".modal .o_field_widget[name='token']:contains('chk_')",
        },
        {
            content: "Close",
            trigger: ".modal button:contains('Close')",
            run: "click",
        },
        {
            content: "The former one says what follows it",
            trigger: ".o_field_widget[name='next_id']",
        },
    ],
});

registry.category("web_tour.tours").add("channel_api_replay", {
    steps: () => [
        {
            content: "Open the section of the menu",
            trigger: "button[data-menu-xmlid='channel_connector_api.channel_api_menu']",
            run: "click",
        },
        {
            content: "Choose the webhooks",
            trigger:
                ".o-dropdown-item[data-menu-xmlid='channel_connector_api.channel_api_subscription_menu']",
            run: "click",
        },
        {
            content: "Open the one that fails",
            trigger: ".o_data_row:contains('Shop hook') .o_data_cell[name='name']",
            run: "click",
        },
        {
            content: "Send again what was given up",
            trigger: "button[name='action_replay_dead']",
            run: "click",
        },
        {
            content: "It waits",
            trigger: ".o_field_widget[name='delivery_ids']:contains('Waiting')",
        },
    ],
});
