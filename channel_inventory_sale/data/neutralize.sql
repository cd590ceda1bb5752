UPDATE channel_message SET state = 'void', discard_reason = 'neutralized copy'
 WHERE state IN ('ready', 'sending', 'pending', 'wait');
