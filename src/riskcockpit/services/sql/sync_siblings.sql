-- How many other documents ever came together with this one into a scope: with any, this one alone
-- proves nothing about what the others hold.
-- params: scope VARCHAR, document VARCHAR
-- returns: siblings (count)
SELECT count(DISTINCT other.document) AS siblings
FROM scan AS own
INNER JOIN scan AS other
    ON own.scope = other.scope
        AND own.imported_at = other.imported_at
        AND own.document <> other.document
WHERE own.scope = $scope AND own.document = $document
