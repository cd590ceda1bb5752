def uninstall_hook(env):
    """Without its connector a channel speaks to nobody: none keeps looking live."""
    channels = env["channel.channel"].with_context(active_test=False)
    channels = channels.search([("channel_type", "=", "woocommerce")])
    channels._forget_secrets()
    channels._set_connection("unknown", False)
    channels.filtered(lambda channel: channel.state == "live").state = "paused"
