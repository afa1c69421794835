/**
 * What a session of ours is like, whatever the server, the database or the role has set: values mean the same on every
 * server, nothing of ours is stopped by a time limit, and no unqualified name can find an object of somebody else.
 *
 * - `search_path` is empty, as in pg_dump: names in `pg_get_indexdef` and `format_type` come qualified, and a function or
 *   operator that somebody put into `public` cannot take the place of PostgreSQL's own (CVE-2018-1058).
 * - `row_security` off: a policy that would hide rows is an error instead of a silently shorter table.
 * - `lc_monetary` C: with `de_DE`, the text 12.34 becomes 1234,00 in a money column.
 * - `jit` off: compiling each part of a table's hash costs more than it saves.
 *
 * Without PL/pgSQL, which every session would have to load: some 4 ms of the server's processor.
 */
export const sessionSettings = `
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 3;
set bytea_output = 'hex';
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
set lc_monetary = 'C';
set search_path = '';
set row_security = off;
set jit = off;
set statement_timeout = 0;
set lock_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set client_min_messages = 'warning';
select set_config('idle_session_timeout', '0', false) where current_setting('server_version_num')::int >= 140000;
select set_config('transaction_timeout', '0', false) where current_setting('server_version_num')::int >= 170000`

/**
 * Without it a statement whose client was killed runs on to its end, with its locks. Servers on some systems (Windows) refuse
 * it.
 */
export const watchForGoneClients = `
select set_config('client_connection_check_interval', '2s', false)
where current_setting('server_version_num')::int >= 140000`
