-- the base has silenced every channel; this holds also where it was edited before
UPDATE channel_channel
   SET amazon_client_id = NULL, amazon_queue_url = NULL, amazon_aws_key = NULL,
       base_url = 'http://neutralized.invalid',
       state = CASE WHEN state = 'live' THEN 'paused' ELSE state END
 WHERE channel_type = 'amazon';
DELETE FROM channel_secret WHERE name LIKE 'amazon\_%';
DELETE FROM channel_shared_state
 WHERE channel_id IN (SELECT id FROM channel_channel WHERE channel_type = 'amazon');
