-- the base has silenced every channel; this holds also where it was edited before
UPDATE channel_channel
   SET shopify_client_id = NULL, base_url = 'http://neutralized.invalid',
       state = CASE WHEN state = 'live' THEN 'paused' ELSE state END
 WHERE channel_type = 'shopify';
DELETE FROM channel_secret WHERE name LIKE 'shopify\_%';
DELETE FROM channel_shared_state
 WHERE channel_id IN (SELECT id FROM channel_channel WHERE channel_type = 'shopify');
