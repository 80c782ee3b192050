-- Whether the settings of this file can still be changed: nobody opened it before.
-- params: none
-- returns: one row if so, else none
SELECT 1 WHERE NOT current_setting('lock_configuration')
