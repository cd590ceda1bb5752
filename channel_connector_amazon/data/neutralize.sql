-- the base has silenced every channel; this holds also where it was edited before
UPDATE channel_channel
   SET base_url = 'http://neutralized.invalid',
       state = CASE WHEN state = 'live' THEN 'paused' ELSE state END
 WHERE channel_type = 'amazon';
DELETE FROM channel_secret WHERE name = 'amazon_refresh_token';
DELETE FROM channel_shared_state
 WHERE channel_id IN (
       SELECT id FROM channel_channel WHERE channel_type = 'amazon');
