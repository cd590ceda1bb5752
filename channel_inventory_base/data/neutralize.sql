-- a copy speaks to no channel, whatever its name: no credentials, no addresses, no work
UPDATE channel_channel
   SET state = 'paused', connection_state = 'unknown', home_database = 'neutralized',
       base_url = 'http://neutralized.invalid',
       webhook_token = replace(gen_random_uuid()::text, '-', '')
 WHERE state <> 'draft' OR base_url IS NOT NULL;
-- they have the uuids of the original's: a job runner of both databases would run none
DELETE FROM queue_job
 WHERE model_name = 'channel.channel' AND state NOT IN ('done', 'cancelled');
DELETE FROM channel_secret;
DELETE FROM channel_shared_state;
UPDATE channel_publication SET state = 'void' WHERE state IN ('ready', 'sending');
