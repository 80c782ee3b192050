-- Forget the rows behind the verdicts of controls that ran again, or that are in force no more.
-- params: none
-- returns: nothing
DELETE FROM control_row
WHERE control_id NOT IN (SELECT id FROM kept_control)
