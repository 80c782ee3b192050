-- Takes over who owns which path.
-- params: none
-- returns: count of paths
INSERT INTO path_owner BY NAME
SELECT asset, path, owners
FROM incoming_path_owner
