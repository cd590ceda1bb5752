-- a copy speaks to no channel: what was being read is of another database
UPDATE channel_reconcile_run
   SET state = 'failed', step = NULL, message = 'neutralized copy'
 WHERE state = 'running';
UPDATE channel_selling_stop
   SET state = 'rejected', message = 'neutralized copy'
 WHERE state = 'ready';
