import {QtyAtDateWidget, qtyAtDateWidget} from "@sale_stock/widgets/qty_at_date_widget";
import {patch} from "@web/core/utils/patch";
import {serializeDate} from "@web/core/l10n/dates";

const idOf = (value) => value && (value.id || value[0]);

// What the sentences are about; the view may not show all of it.
qtyAtDateWidget.fieldDependencies.push(
    {name: "product_id", type: "many2one"},
    {name: "product_uom_qty", type: "float"},
    {name: "product_uom_id", type: "many2one"}
);

patch(QtyAtDateWidget.prototype, {
    /** Asks at the moment somebody looks: channels sell meanwhile. */
    async calcDataForDisplay() {
        await super.calcDataForDisplay(...arguments);
        const {data, resId} = this.props.record;
        const product = idOf(data.product_id);
        const warehouse = idOf(data.warehouse_id);
        this.calcData.channel_words = [];
        if (
            !product ||
            !warehouse ||
            data.is_mto ||
            !["draft", "sent"].includes(data.state)
        ) {
            return;
        }
        this.calcData.channel_words = await this.orm.call(
            "product.product",
            "channel_promise_words",
            [[product], data.product_uom_qty || 0, warehouse],
            {
                date: data.scheduled_date ? serializeDate(data.scheduled_date) : false,
                line: resId || false,
                unit: idOf(data.product_uom_id) || false,
            }
        );
    },
});
