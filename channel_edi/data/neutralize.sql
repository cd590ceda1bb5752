-- a copy fetches no partner's files and delivers none, whatever its name
UPDATE channel_edi_mailbox
   SET kind = 'manual', host = NULL, username = NULL, host_key = NULL,
       shown_host_key = NULL, incoming = NULL, outgoing = NULL, archive = NULL,
       after_reading = 'keep';
UPDATE channel_edi_interchange SET state = 'void'
 WHERE direction = 'out' AND state IN ('ready', 'sending');
UPDATE channel_edi_document SET state = 'void'
 WHERE direction = 'out' AND state IN ('ready', 'framed');
DELETE FROM channel_secret WHERE name LIKE 'edi:%';
