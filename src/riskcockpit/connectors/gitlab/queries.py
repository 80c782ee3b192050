"""What is asked of GitLab's GraphQL API. People, traffic and code are never asked for."""

from __future__ import annotations

from typing import Literal

OwnerKind = Literal["project", "group"]

_PACKAGE = "dependency { package { name } version }"
_RESOURCE = "kubernetesResource { namespace kind name containerName }"
_LOCATIONS = (
    ("Sast", "file startLine endLine vulnerableClass vulnerableMethod"),
    ("SecretDetection", "file startLine endLine"),
    ("DependencyScanning", f"file {_PACKAGE}"),
    ("ContainerScanning", f"image operatingSystem {_PACKAGE}"),
    ("ClusterImageScanning", f"image operatingSystem {_PACKAGE} {_RESOURCE}"),
    ("Dast", "hostname path requestMethod param"),
    ("CoverageFuzzing", "file startLine endLine crashType crashState"),
)
_LOCATION = " ".join(
    f"... on VulnerabilityLocation{name} {{ {fields} }}" for name, fields in _LOCATIONS
)
_NODE = f"""
  id state title description severity reportType solution detectedAt resolvedOnDefaultBranch
  dismissalReason stateComment falsePositive
  project {{ fullPath }}
  scanner {{ externalId name }}
  primaryIdentifier {{ externalType externalId name url }}
  identifiers {{ externalType externalId name url }}
  links {{ url }}
  cvss {{ vector }}
  location {{ {_LOCATION} }}
"""
ONE = """
query($id: VulnerabilityID!) {
  vulnerability(id: $id) { id state dismissalReason stateComment project { fullPath } }
}
"""
DISMISS = """
mutation($id: VulnerabilityID!, $comment: String, $reason: VulnerabilityDismissalReason) {
  answer: vulnerabilityDismiss(input: {id: $id, comment: $comment, dismissalReason: $reason}) {
    errors
  }
}
"""
REVERT = """
mutation($id: VulnerabilityID!, $comment: String) {
  answer: vulnerabilityRevertToDetected(input: {id: $id, comment: $comment}) { errors }
}
"""
CONFIRM = """
mutation($id: VulnerabilityID!, $comment: String) {
  answer: vulnerabilityConfirm(input: {id: $id, comment: $comment}) { errors }
}
"""


def vulnerabilities_of(kind: OwnerKind) -> str:
    """Return the query for a page of all vulnerabilities of a project or a group.

    In the order in which they were found: what is found meanwhile comes at the end.
    """
    return f"""
query($path: ID!, $first: Int!, $after: String) {{
  {kind}(fullPath: $path) {{
    fullPath
    vulnerabilities(
      first: $first, after: $after, sort: detected_asc,
      state: [DETECTED, CONFIRMED, DISMISSED, RESOLVED]
    ) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ {_NODE} }}
    }}
  }}
}}
"""
