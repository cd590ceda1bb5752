-- a copy posts nothing: what was approved is a person's to approve once more
UPDATE channel_settlement SET state = 'ready', approved_by_id = NULL, approved_at = NULL
 WHERE state = 'approved';
