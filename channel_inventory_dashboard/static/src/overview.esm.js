import {
    Component,
    onWillStart,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatCurrency} from "@web/core/currency";
import {formatFloat} from "@web/views/fields/formatters";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useInterval} from "@channel_inventory_base/use_interval.esm";
import {useService} from "@web/core/utils/hooks";

const NEWS = "channel_inventory_dashboard/health";
const POLL_SECONDS = 30;
const COLORS = {
    seconds: "#017e84",
    published: "#7eb6b8",
    late: "#d9534f",
    orders: "#875a7b",
};

/** Is all well, and if not, where: read again on news, and every half minute. */
export class ChannelOverview extends Component {
    static template = "channel_inventory_dashboard.Overview";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.state = useState({board: null, failed: false});
        this.seconds = useRef("seconds");
        this.counts = useRef("counts");
        this.charts = [];
        this.onNews = () => this.load();
        onWillStart(async () => {
            await Promise.all([loadBundle("web.chartjs_lib"), this.load()]);
        });
        this.bus.subscribe(NEWS, this.onNews);
        onWillUnmount(() => {
            this.bus.unsubscribe(NEWS, this.onNews);
            this.dropCharts();
        });
        useInterval(this.onNews, POLL_SECONDS);
        useEffect(
            () => this.drawCharts(),
            () => [this.state.board]
        );
    }

    async load() {
        try {
            this.state.board = await this.orm.silent.call(
                "channel.live",
                "get_board",
                []
            );
            this.state.failed = false;
        } catch (error) {
            if (!this.state.board) {
                throw error;
            }
            // What is on the screen is old now: it says so, and the next time reads anew
            this.state.failed = true;
        }
    }

    get headline() {
        return {
            ok: _t("All is well"),
            late: _t("Something is delayed"),
            bad: _t("Something needs attention"),
            off: _t("Nothing is live"),
        }[this.state.board.health];
    }

    color(health) {
        return {ok: "success", late: "warning", bad: "danger"}[health] || "secondary";
    }

    number(value) {
        return formatFloat(value, {digits: [16, 0]});
    }

    money(value) {
        return formatCurrency(value, this.state.board.currency_id, {digits: [16, 0]});
    }

    // ------------------------------------------------------------ charts
    dropCharts() {
        for (const chart of this.charts) {
            chart.destroy();
        }
        this.charts = [];
    }

    drawCharts() {
        this.dropCharts();
        if (!this.seconds.el || !this.counts.el) {
            return;
        }
        const hours = this.state.board.hours;
        this.charts = [
            this.draw(this.seconds.el, "line", [
                [_t("Seconds, 95 of 100"), hours.seconds, COLORS.seconds],
            ]),
            this.draw(this.counts.el, "bar", [
                [_t("Quantities shown"), hours.published, COLORS.published],
                [_t("Of them late"), hours.late, COLORS.late],
                [_t("Orders"), hours.orders, COLORS.orders],
            ]),
        ];
    }

    draw(canvas, type, lines) {
        // eslint-disable-next-line no-undef
        return new Chart(canvas, {
            type,
            data: {
                labels: this.state.board.hours.labels,
                datasets: lines.map(([label, data, color]) => ({
                    label,
                    data,
                    backgroundColor: color,
                    borderColor: color,
                    pointRadius: 2,
                })),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                scales: {y: {beginAtZero: true}},
            },
        });
    }

    // ------------------------------------------------------------ drills
    openChannel(channel) {
        return this.openRecord("channel.channel", channel.id);
    }

    openRecord(resModel, resId) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: resId,
            views: [[false, "form"]],
        });
    }

    openExceptions(channel) {
        return this.findExceptions(
            channel ? {search_default_channel_id: channel.id} : {}
        );
    }

    findExceptions(additionalContext) {
        return this.action.doAction("channel_inventory_base.channel_exception_action", {
            additionalContext,
        });
    }

    openReason(reason) {
        return reason.res_id
            ? this.openRecord(reason.res_model, reason.res_id)
            : this.findExceptions(reason.context);
    }

    openFigures(kind) {
        return this.action.doAction(
            "channel_inventory_dashboard.channel_report_figure_action",
            {additionalContext: {[`search_default_${kind}`]: 1}}
        );
    }
}

registry.category("actions").add("channel_overview", ChannelOverview);
