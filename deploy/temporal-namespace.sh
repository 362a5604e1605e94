#!/bin/sh
# The namespace and what operations can search for in the Temporal UI; running it again changes nothing.
set -eu

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"

# A new namespace takes a moment to be known to every part of the server.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if known="$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE")"; then break; fi
  [ "$attempt" -lt 10 ]
  sleep 2
done

for attribute in ProviderId=Keyword Stage=Keyword Frozen=Bool DueAt=Datetime Overdue=Bool; do
  case "$known" in
    *"${attribute%=*}"*) ;;
    *)
      temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
        --name "${attribute%=*}" --type "${attribute#*=}"
      ;;
  esac
done
