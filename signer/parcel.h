/*
 * signer/parcel.h -- where permits lie: which of them touch a parcel of land, and as a
 * feed of places, for the programs that may read.
 *
 * A permit touches the parcels that its fields name (fields of type parcel, and groups
 * with a parcel in parts: policy/kind.h).  That is what was signed, not what the cadastre
 * knows: a parcel that was divided since has other codes.  Permits that were handed in
 * before these were kept are not found so.
 *
 * The feed is GeoJSON (RFC 7946), its cursor that of the event feed (feed.h): each issued
 * permit with a parcel or a plot about which something was recorded since, once, as it is
 * now.  Its geometry is in WGS 84, good to one metre (policy/vn2000.h); the corners in
 * VN-2000, as they are signed, stand beside it, and they are what counts.
 *
 * A permit that is void, withdrawn or replaced stays in both, with its state: who keeps a
 * map takes it away himself.  What is to come is told with its days ("acts"), as a day
 * that comes is no entry.  What lies outside the program's agencies and kinds is not there.
 */
#pragma once

#include "signer/permit_life.h"

/* {"parcel","items":[{"entry","handle","kind","agency","dossier","number","shortcode","version","day",
 * "until","state","acts":[{"entry","what","from","until"}],"parcels","vn2000"}],"next",?"replica"}:
 * in the order of their issues, behind the entry `after`; next: null, or the next `after`. */
must_check bool parcel_permits(json_t **out, const struct service *, struct span who, const char *parcel, uint64_t after, int64_t now, struct err *);

/* A FeatureCollection with "next", "restored", ?"replica"; each feature's properties are
 * an item as above.  from: index of the first entry that counts. */
must_check bool parcel_places(struct buf *out, const struct service *, struct span who, uint64_t from, int64_t now, struct err *);
