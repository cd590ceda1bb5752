from . import channel_rule_preview
