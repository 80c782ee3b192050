-- Descriptions apart from findings: a hundred thousand findings have a few hundred of them, which were
-- a third of their rows.

-- What tools say of findings, each text once; for others it is `finding.description`, see
-- store/described.py. The id is made of the text: the first 64 bits of its SHA-256.
CREATE TABLE text_description (id UBIGINT NOT NULL, description VARCHAR NOT NULL);

INSERT INTO text_description
SELECT id, min(description)
FROM (
    SELECT CAST('0x' || left(sha256(description), 16) AS UBIGINT) AS id, description
    FROM (SELECT DISTINCT description FROM finding)
)
GROUP BY id;

ALTER TABLE finding
ALTER COLUMN description TYPE UBIGINT
USING CAST('0x' || left(sha256(description), 16) AS UBIGINT);

ALTER TABLE finding RENAME COLUMN description TO description_id;
