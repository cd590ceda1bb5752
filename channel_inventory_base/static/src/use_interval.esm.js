import {onMounted, onWillUnmount} from "@odoo/owl";

/**
 * Call `work` every so often while the component is on the screen and somebody looks.
 *
 * @param {Function} work what to do; the next call waits for it
 * @param {number} seconds between two calls
 */
export function useInterval(work, seconds) {
    let timer = null;
    const next = () => {
        timer = setTimeout(async () => {
            if (!document.hidden) {
                await work();
            }
            if (timer !== null) {
                next();
            }
        }, seconds * 1000);
    };
    onMounted(next);
    onWillUnmount(() => {
        clearTimeout(timer);
        timer = null;
    });
}
