-- a copy is nobody's door: no key opens it, and it tells nobody anything
UPDATE channel_channel
   SET state = CASE WHEN state = 'live' THEN 'paused' ELSE state END
 WHERE channel_type = 'api';
UPDATE channel_api_key
   SET digest = 'neutralized', revoked_at = COALESCE(revoked_at, now() AT TIME ZONE 'UTC');
UPDATE channel_api_subscription
   SET active = false, has_secret = false, url = 'https://neutralized.invalid';
DELETE FROM channel_api_delivery WHERE state IN ('new', 'sending');
