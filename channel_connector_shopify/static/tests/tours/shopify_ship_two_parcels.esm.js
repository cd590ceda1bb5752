import {registry} from "@web/core/registry";

// A warehouse worker in Inventory, who knows nothing of channels.
registry.category("web_tour.tours").add("shopify_ship_two_parcels", {
    steps: () => [
        {
            content: "The delivery of the shop's order is there",
            trigger: ".o_form_view .o_data_row:contains('Product 1')",
        },
        {
            content: "Its two parcels have left the packing table with their labels",
            trigger: ".o_notebook .nav-link[name='extra']",
            run: "click",
        },
        {
            content: "Scan the numbers of both",
            trigger: "div[name='carrier_tracking_ref'] input",
            run: "edit 1Z-FIRST,1Z-SECOND",
        },
        {
            content: "Validate",
            trigger: "button[name='button_validate']:visible",
            run: "click",
        },
        {
            content: "Done",
            trigger: ".o_arrow_button_current:contains('Done')",
        },
    ],
});
