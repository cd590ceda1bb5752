import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("channel_till_sellable", {
    steps: () =>
        [
            Chrome.startPoS(),
            ProductScreen.clickInfoProduct("Till Lamp", [
                {
                    content: "orders hold four of the ten that are there",
                    trigger:
                        ".o_channel_sellable:contains('6'):contains('sellable now')",
                },
                {
                    content: "and it says how many they hold",
                    trigger: ".o_channel_sellable:contains('4 held for orders')",
                },
                Dialog.confirm("Close"),
            ]),
        ].flat(),
});
