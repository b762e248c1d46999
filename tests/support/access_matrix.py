"""Which status every operation of the API answers to every kind of person (held by tests/test_access_matrix.py)."""

from tests.support.world import PEOPLE

# One line per operation, or per variant of one (another row behind the same route; see tests/support/world.py).
# `student`, `referent`, `manager`, `coordinator` and `head` are the row's own; `colleague` teaches another class of
# the same school; the `other_` ones are of another school or organisation; `head` manages the organisation above.
MATRIX = """
                                                anon stud stu2 citi refe coll tea2 mana man2 coor coo2 head regi
GET app-config/                                  200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/register/                              202  202  202  202  202  202  202  202  202  202  202  202  202
POST auth/token/                                 200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/token/refresh/                         200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/token/revoke/                          401  204  204  204  204  204  204  204  204  204  204  204  204
GET auth/sessions/                               401  200  200  200  200  200  200  200  200  200  200  200  200
DELETE auth/sessions/{id}/                       401  204  404  404  404  404  404  404  404  404  404  404  404
POST auth/password/change/                       401  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/password/reset/                        202  202  202  202  202  202  202  202  202  202  202  202  202
GET auth/password/reset/confirm/{token}/         200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/password/reset/confirm/{token}/        200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/sign-in-link/                          202  202  202  202  202  202  202  202  202  202  202  202  202
GET auth/sign-in-link/{token}/                   200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/sign-in-link/{token}/                  200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/email/verify/                          401  202  202  409  409  409  409  409  409  409  409  409  409
GET auth/email/verify/{token}/                   200  200  200  200  200  200  200  200  200  200  200  200  200
POST auth/email/verify/{token}/                  200  200  200  200  200  200  200  200  200  200  200  200  200
GET invitations/{token}/                         200  200  200  200  200  200  200  200  200  200  200  200  200
POST invitations/{token}/                        200  200  200  200  200  200  200  200  200  200  200  200  200
GET consents/{token}/                            200  200  200  200  200  200  200  200  200  200  200  200  200
POST consents/{token}/                           200  200  200  200  200  200  200  200  200  200  200  200  200
GET consents/manage/{token}/                     200  200  200  200  200  200  200  200  200  200  200  200  200
POST consents/manage/{token}/                    200  200  200  200  200  200  200  200  200  200  200  200  200
GET unsubscribe/{token}/                         200  200  200  200  200  200  200  200  200  200  200  200  200
POST unsubscribe/{token}/                        200  200  200  200  200  200  200  200  200  200  200  200  200
GET consents/address/{token}/                    200  200  200  200  200  200  200  200  200  200  200  200  200
POST consents/address/{token}/                   200  200  200  200  200  200  200  200  200  200  200  200  200
GET attestations/{token}/                        200  200  200  200  200  200  200  200  200  200  200  200  200
POST attestations/{token}/                       200  200  200  200  200  200  200  200  200  200  200  200  200
GET consents/                                    401  200  200  200  200  200  200  200  200  200  200  200  200
GET me/                                          401  200  200  200  200  200  200  200  200  200  200  200  200
PATCH me/                                        401  200  200  200  200  200  200  200  200  200  200  200  200
GET me/progress/                                 401  200  200  200  200  200  200  200  200  200  200  200  200
GET me/parcoursup-text/                          401  200  200  200  200  200  200  200  200  200  200  200  403
GET me/favourites/                               401  200  200  200  200  200  200  200  200  200  200  200  200
PUT me/favourites/{id}/                          401  200  201  201  201  201  201  201  201  201  201  201  201
PUT me/favourites/{id}/ new                      401  201  200  201  201  201  201  201  201  201  201  201  201
PUT me/favourites/{id}/ draft                    401  404  404  404  404  404  404  404  404  404  404  404  404
DELETE me/favourites/{id}/                       401  204  404  404  404  404  404  404  404  404  404  404  404
GET me/walk-in-code/                             401  200  200  200  200  200  200  200  200  200  200  200  200
GET me/calendar/                                 401  200  200  200  200  200  200  200  200  200  200  200  200
PUT me/calendar/                                 401  200  200  200  200  200  200  200  200  200  200  200  200
DELETE me/calendar/                              401  204  204  204  204  204  204  204  204  204  204  204  204
GET calendar/{token}.ics                         200  200  200  200  200  200  200  200  200  200  200  200  200
GET sync/                                        401  200  200  200  200  200  200  200  200  200  200  200  200
GET me/guardians/                                401  200  200  200  200  200  200  200  200  200  200  200  200
POST me/guardians/                               401  201  201  403  403  403  403  403  403  403  403  403  403
POST me/guardians/{id}/correct-address/          401  200  404  404  404  404  404  404  404  404  404  404  404
GET me/qualifications/                           401  200  200  200  200  200  200  200  200  200  200  200  200
POST me/qualifications/                          401  201  201  201  201  201  201  201  201  201  201  201  201
DELETE me/qualifications/{id}/                   401  204  404  404  404  404  404  404  404  404  404  404  404

GET schools/                                     200  200  200  200  200  200  200  200  200  200  200  200  200
GET schools/{id}/                                200  200  200  200  200  200  200  200  200  200  200  200  200
GET schools/{id}/ closed                         404  404  404  404  404  404  404  404  404  404  404  404  200
GET schools/{id}/invitations/                    401  403  403  403  403  403  403  200  404  403  403  403  200
POST schools/{id}/invitations/                   401  403  403  403  403  403  403  201  404  403  403  403  201
POST schools/{id}/withdraw-invitation/           401  403  403  403  403  403  403  204  404  403  403  403  204
POST schools/{id}/rename/                        401  403  403  403  403  403  403  200  404  403  403  403  403
GET school-years/                                200  200  200  200  200  200  200  200  200  200  200  200  200
GET school-years/{id}/                           200  200  200  200  200  200  200  200  200  200  200  200  200
GET classes/                                     401  200  200  200  200  200  200  200  200  200  200  200  200
POST classes/                                    401  403  403  403  403  403  403  201  400  403  403  403  403
POST classes/join/                               202  202  202  202  202  202  202  202  202  202  202  202  202
GET classes/{id}/                                401  200  404  404  200  404  404  200  404  404  404  404  404
POST classes/{id}/join-code/                     401  403  403  403  200  404  404  200  404  403  403  403  403
GET classes/{id}/students/                       401  403  403  403  200  404  404  200  404  403  403  403  403
POST classes/{id}/students/                      401  403  403  403  201  404  404  201  404  403  403  403  403
GET classes/{id}/referents/                      401  403  403  403  200  404  404  200  404  403  403  403  403
POST classes/{id}/referents/                     401  403  403  403  201  404  404  201  404  403  403  403  403
POST classes/{id}/remove-referent/               401  403  403  403  200  404  404  200  404  403  403  403  403
GET classes/{id}/progress/                       401  403  403  403  200  404  404  200  404  403  403  403  403
GET enrolments/                                  401  200  200  200  200  200  200  200  200  200  200  200  200
GET classes/{id}/export/                         401  403  403  403  200  404  404  200  404  403  403  403  403
GET exports/                                     401  403  403  403  200  200  200  200  200  403  403  403  403
GET exports/{id}/                                401  403  403  403  200  404  404  200  404  403  403  403  403
GET enrolments/{id}/comment/                     401  403  403  403  200  404  404  200  404  403  403  403  403
PUT enrolments/{id}/comment/                     401  403  403  403  200  404  404  200  404  403  403  403  403
GET enrolments/{id}/                             401  200  404  404  200  404  404  200  404  404  404  404  404
GET enrolments/{id}/ neighbour                   401  404  404  404  404  200  404  200  404  404  404  404  404
POST enrolments/{id}/admit/                      401  403  403  403  200  404  404  200  404  403  403  403  403
POST enrolments/{id}/refuse/                     401  403  403  403  200  404  404  200  404  403  403  403  403
POST enrolments/{id}/end/                        401  403  403  403  200  404  404  200  404  403  403  403  403
POST enrolments/{id}/change-birth-date/          401  403  403  403  200  404  404  200  404  403  403  403  403
PATCH students/{id}/                             401  403  403  403  200  404  404  200  404  403  403  403  403
GET staff-memberships/                           401  403  403  403  200  200  200  200  200  403  403  403  403
GET staff-memberships/{id}/                      401  403  403  403  200  404  404  200  404  403  403  403  403
POST staff-memberships/{id}/end/                 401  403  403  403  200  404  404  200  404  403  403  403  403
GET guardians/                                   401  403  403  403  200  200  200  200  200  403  403  403  403
GET guardians/{id}/                              401  403  403  403  200  404  404  200  404  403  403  403  403
POST guardians/                                  401  403  403  403  403  403  403  201  400  403  403  403  403
POST guardians/{id}/confirm/                     401  403  403  403  200  404  404  200  404  403  403  403  403
POST guardians/{id}/record-paper/                401  403  403  403  403  403  403  200  404  403  403  403  403
POST guardians/{id}/settle/                      401  403  403  403  403  403  403  200  404  403  403  403  403
POST guardians/{id}/replace/                     401  403  403  403  403  403  403  201  404  403  403  403  403
GET guardians/{id}/consent-events/               401  403  403  403  403  403  403  200  404  403  403  403  403

GET organizations/                               200  200  200  200  200  200  200  200  200  200  200  200  200
POST organizations/                              401  403  403  403  403  403  403  403  403  403  403  201  201
GET organizations/{id}/                          200  200  200  200  200  200  200  200  200  200  200  200  200
GET organizations/{id}/ unverified               404  404  404  404  404  404  404  404  404  404  404  200  200
GET organizations/{id}/invitations/              401  403  403  403  403  403  403  403  403  403  403  200  200
POST organizations/{id}/invitations/             401  403  403  403  403  403  403  403  403  403  403  201  201
POST organizations/{id}/withdraw-invitation/     401  403  403  403  403  403  403  403  403  403  403  204  204
POST organizations/{id}/invitations/ foreign     401  403  403  403  403  403  403  403  403  403  403  404  201
PATCH organizations/{id}/                        401  403  403  403  403  403  403  403  403  403  403  200  200
PATCH organizations/{id}/ foreign                401  403  403  403  403  403  403  403  403  403  403  404  200
GET organizations/{id}/members/                  401  403  403  403  403  403  403  403  403  200  404  200  200
GET organizations/{id}/members/ foreign          401  403  403  403  403  403  403  403  403  404  200  404  200
POST organizations/{id}/refuse/                  401  403  403  403  403  403  403  403  403  403  403  403  200
POST organizations/{id}/verify/                  401  403  403  403  403  403  403  403  403  403  403  403  200
POST organizations/{id}/trust/                   401  403  403  403  403  403  403  403  403  403  403  403  200
POST organizations/{id}/distrust/                401  403  403  403  403  403  403  403  403  403  403  403  200
POST organizations/{id}/suspend/                 401  403  403  403  403  403  403  403  403  403  403  403  200
POST organizations/{id}/restore/                 401  403  403  403  403  403  403  403  403  403  403  403  200
GET organization-memberships/                    401  403  403  403  403  403  403  403  403  200  200  200  200
GET organization-memberships/{id}/               401  403  403  403  403  403  403  403  403  200  404  200  200
POST organization-memberships/{id}/end/          401  403  403  403  403  403  403  403  403  200  404  200  200
POST organization-memberships/{id}/end/ comrade  401  403  403  403  403  403  403  403  403  403  404  200  200
GET partner-missions/                            200  200  200  200  200  200  200  200  200  200  200  200  200
GET partner-missions/{id}/                       200  200  200  200  200  200  200  200  200  200  200  200  200
GET exchange/missions.json                       200  200  200  200  200  200  200  200  200  200  200  200  200
GET exchange/missions.xml                        200  200  200  200  200  200  200  200  200  200  200  200  200
GET exchange/missions/{id}.json                  200  200  200  200  200  200  200  200  200  200  200  200  200
GET exchange/missions/{id}.json draft            404  404  404  404  404  404  404  404  404  404  404  404  404
GET missions/                                    200  200  200  200  200  200  200  200  200  200  200  200  200
POST missions/                                   401  403  403  403  403  403  403  403  403  201  400  201  403
GET missions/{id}/                               200  200  200  200  200  200  200  200  200  200  200  200  200
GET missions/{id}/ draft                         404  404  404  404  404  404  404  404  404  200  404  200  200
GET missions/{id}/ unverified                    404  404  404  404  404  404  404  404  404  404  404  200  200
PATCH missions/{id}/                             401  403  403  403  403  403  403  403  403  200  404  200  403
PATCH missions/{id}/ published                   401  403  403  403  403  403  403  403  403  200  404  200  403
GET missions/{id}/revisions/                     401  403  403  403  403  403  403  403  403  200  404  200  200
GET missions/{id}/image/                         200  200  200  200  200  200  200  200  200  200  200  200  200
GET missions/{id}/image/ draft                   404  404  404  404  404  404  404  404  404  200  404  200  200
PUT missions/{id}/image/                         401  403  403  403  403  403  403  403  403  200  404  200  403
DELETE missions/{id}/image/                      401  403  403  403  403  403  403  403  403  200  404  200  403
POST missions/{id}/close/                        401  403  403  403  403  403  403  403  403  404  404  200  403
POST missions/{id}/cancel/                       401  403  403  403  403  403  403  403  403  200  404  200  200
POST missions/{id}/cancel/ draft                 401  403  403  403  403  403  403  403  403  404  200  404  200
POST missions/{id}/copy/                         401  403  403  403  403  403  403  403  403  201  404  201  403
GET mission-revisions/                           401  403  403  403  403  403  403  403  403  200  200  200  200
GET mission-revisions/{id}/                      401  403  403  403  403  403  403  403  403  200  404  200  200
POST mission-revisions/{id}/accept/              401  403  403  403  403  403  403  403  403  403  403  403  200
POST mission-revisions/{id}/refuse/              401  403  403  403  403  403  403  403  403  403  403  403  200
POST missions/{id}/submit/                       401  403  403  403  403  403  403  403  403  200  404  200  403
POST missions/{id}/withdraw/                     401  403  403  403  403  403  403  403  403  200  404  200  403
POST missions/{id}/approve/                      401  403  403  403  403  403  403  403  403  403  403  403  200
POST missions/{id}/request-changes/              401  403  403  403  403  403  403  403  403  403  403  403  200
POST missions/{id}/ask-consent/                  401  409  409  409  409  409  409  409  409  409  409  409  409
GET shifts/                                      200  200  200  200  200  200  200  200  200  200  200  200  200
POST shifts/                                     401  403  403  403  403  403  403  403  403  201  400  201  403
GET shifts/{id}/                                 200  200  200  200  200  200  200  200  200  200  200  200  200
GET shifts/{id}/ draft                           404  404  404  404  404  404  404  404  404  200  404  200  200
PATCH shifts/{id}/                               401  403  403  403  403  403  403  403  403  200  404  200  403
PATCH shifts/{id}/ draft                         401  403  403  403  403  403  403  403  403  404  200  404  403
POST shifts/{id}/copy/                           401  403  403  403  403  403  403  403  403  201  404  201  403
POST shifts/{id}/cancel/                         401  403  403  403  403  403  403  403  403  200  404  200  403
GET shifts/{id}/check-in-codes/                  401  403  403  403  403  403  403  403  403  200  404  200  403
GET shifts/{id}/spoken-code/                     401  403  403  403  403  403  403  403  403  200  404  200  403
POST shifts/{id}/walk-in/                        401  403  403  403  403  403  403  403  403  201  404  201  403
GET shifts/{id}/eligibility/                     401  200  200  200  200  200  200  200  200  200  200  200  200
GET shifts/{id}/list/                            401  403  403  403  403  403  403  403  403  200  404  200  403
GET shifts/{id}/sheet/                           401  403  403  403  403  403  403  403  403  200  404  200  403
POST shifts/{id}/sign-up/                        401  201  201  201  201  201  201  201  201  201  201  201  201
POST shifts/{id}/sign-up/ draft                  401  404  404  404  404  404  404  404  404  409  404  409  409
POST shifts/{id}/sign-up-class/                  401  403  403  403  200  400  400  200  400  400  400  400  403
POST shifts/{id}/sign-up-class/ code             401  403  403  403  200  400  400  200  400  200  400  200  403
GET sign-ups/                                    401  200  200  200  200  200  200  200  200  200  200  200  200
GET sign-ups/{id}/                               401  200  404  404  200  404  404  200  404  200  404  200  404
GET sign-ups/{id}/emergency-numbers/             401  403  403  403  403  403  403  403  403  200  404  200  403
GET emergency-number-views/                      401  403  403  403  403  403  403  200  200  403  403  403  403
GET sign-ups/{id}/ neighbour                     401  404  404  404  404  200  404  200  404  404  200  404  404
POST sign-ups/{id}/accept/                       401  403  403  403  403  403  403  403  403  200  404  200  403
POST sign-ups/{id}/decline/                      401  403  403  403  403  403  403  403  403  200  404  200  403
POST sign-ups/bulk-decisions/                    401  403  403  403  403  403  403  403  403  200  200  200  403
POST sign-ups/{id}/take/                         401  200  404  404  404  404  404  404  404  404  404  404  404
POST sign-ups/{id}/remove/                       401  403  403  403  403  403  403  403  403  404  200  404  403
POST sign-ups/{id}/restore/                      401  403  403  403  403  403  403  403  403  200  404  200  403
POST sign-ups/{id}/withdraw/                     401  200  404  404  404  404  404  404  404  404  404  404  404
GET qualifications/                              401  403  403  403  200  200  200  200  200  200  200  200  403
GET qualifications/{id}/                         401  403  403  403  200  404  404  200  404  200  200  200  403
POST qualifications/{id}/verify/                 401  403  403  403  200  404  404  200  404  200  200  200  403
POST check-ins/batch/                            401  200  200  200  200  200  200  200  200  200  200  200  200
POST check-ins/                                  401  200  404  404  404  404  404  404  404  404  404  404  404
GET attendances/                                 401  200  200  200  200  200  200  200  200  200  200  200  200
GET attendances/{id}/                            401  200  404  404  200  404  404  200  404  200  404  200  404
POST attendances/{id}/confirm/                   401  403  403  403  403  403  403  403  403  200  404  200  403
POST attendances/{id}/check-in/                  401  403  403  403  403  403  403  403  403  200  404  200  403
POST attendances/{id}/check-out/                 401  403  403  403  403  403  403  403  403  404  200  404  403
POST attendances/{id}/no-show/                   401  403  403  403  403  403  403  403  403  200  404  200  403
POST attendances/{id}/excuse/                    401  403  403  403  403  403  403  403  403  200  404  200  403
POST attendances/{id}/reopen/                    401  403  403  403  403  403  403  403  403  404  200  404  403
POST attendances/bulk-confirm/                   401  403  403  403  403  403  403  403  403  200  200  200  403
POST attendances/bulk-check-in/                  401  403  403  403  403  403  403  403  403  200  200  200  403
GET messages/                                    401  200  200  200  200  200  200  200  200  200  200  200  200
GET messages/{id}/                               401  200  404  404  404  404  404  200  404  200  404  200  404
GET messages/copy/{token}/                       200  200  200  200  200  200  200  200  200  200  200  200  200
POST messages/copy/{token}/                      200  200  200  200  200  200  200  200  200  200  200  200  200
GET missions/{id}/messages/                      401  200  200  200  200  200  200  200  200  200  200  200  200
POST missions/{id}/messages/                     401  403  403  403  403  403  403  403  403  201  404  201  403
GET shifts/{id}/messages/                        401  200  200  200  200  200  200  200  200  200  200  200  200
POST shifts/{id}/messages/                       401  403  403  403  403  403  403  403  403  201  404  201  403
GET reports/                                     401  200  200  200  200  200  200  200  200  200  200  200  200
POST reports/                                    401  201  201  201  201  201  201  201  201  201  201  201  201
GET reports/{id}/                                401  200  404  404  404  404  404  200  404  404  404  404  200
GET reports/{id}/ coordinator                    401  404  404  200  404  404  404  404  404  404  404  404  200
POST reports/{id}/take/                          401  403  403  403  403  403  403  403  403  403  403  403  200
POST reports/{id}/close/                         401  403  403  403  403  403  403  403  403  403  403  403  200
GET suspensions/                                 401  403  403  403  403  403  403  403  403  403  403  403  200
POST suspensions/                                401  403  403  403  403  403  403  403  403  403  403  403  201
GET suspensions/{id}/                            401  403  403  403  403  403  403  403  403  403  403  403  200
POST suspensions/{id}/restore/                   401  403  403  403  403  403  403  403  403  403  403  403  200

GET engagement-options/                          401  200  200  200  200  200  200  200  200  200  200  200  200
POST engagement-options/                         401  403  403  403  403  403  403  409  400  403  403  403  403
GET engagement-options/{id}/                     401  200  404  404  200  200  404  200  404  404  404  404  404
PATCH engagement-options/{id}/                   401  403  403  403  403  403  403  200  404  403  403  403  403
GET records/                                     401  200  200  200  200  200  200  200  200  200  200  200  403
GET records/{id}/                                401  200  404  404  200  404  404  200  404  404  404  404  403
GET records/{id}/ passport                       401  404  404  200  404  404  404  404  404  404  404  404  403
GET records/{id}/passport/                       401  200  404  404  404  404  404  404  404  404  404  404  403
GET records/{id}/passport/ citizen               401  404  404  200  404  404  404  404  404  404  404  404  403
GET hour-entries/                                401  200  200  200  200  200  200  200  200  200  200  200  403
GET hour-entries/{id}/                           401  200  404  404  200  404  404  200  404  200  404  200  403
GET hour-entries/{id}/ draft                     401  200  404  404  404  404  404  404  404  404  404  404  403
GET hour-entries/{id}/ neighbour                 401  404  404  404  404  200  404  200  404  404  200  404  403
GET hour-entries/{id}/ passport                  401  404  404  200  404  404  404  404  404  200  404  200  403
PATCH hour-entries/{id}/                         401  200  404  404  404  404  404  404  404  404  404  404  403
GET hour-entries/{id}/events/                    401  200  404  404  200  404  404  200  404  200  404  200  403
POST hour-entries/{id}/submit/                   401  200  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/withdraw/                 401  200  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/approve/                  401  403  403  403  200  404  404  200  404  403  403  403  403
POST hour-entries/{id}/approve/ draft            401  403  403  403  404  404  404  404  404  403  403  403  403
POST hour-entries/{id}/approve/ passport         401  403  403  403  404  404  404  404  404  403  403  403  403
POST hour-entries/{id}/return/                   401  403  403  403  200  404  404  200  404  403  403  403  403
POST hour-entries/{id}/reject/                   401  403  403  403  200  404  404  200  404  403  403  403  403
POST hour-entries/bulk-decisions/                401  403  403  403  200  200  200  200  200  403  403  403  403
PUT hour-entries/{id}/                           401  201  201  201  201  201  201  201  201  201  201  201  403
PUT hour-entries/{id}/ draft                     401  428  404  404  404  404  404  404  404  404  404  404  403
DELETE hour-entries/{id}/                        401  204  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/batch/                         401  200  200  200  200  200  200  200  200  200  200  200  403
GET hour-entries/{id}/evidence/                  401  200  404  404  200  404  404  200  404  404  404  404  403
POST hour-entries/{id}/evidence/                 401  201  404  404  404  404  404  404  404  404  404  404  403
GET evidence/{id}/                               401  200  404  404  200  404  404  200  404  404  404  404  403
GET evidence/{id}/ draft                         401  200  404  404  404  404  404  404  404  404  404  404  403
DELETE evidence/{id}/                            401  204  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/confirm/                  401  403  403  403  403  403  403  403  403  200  404  200  403
POST hour-entries/{id}/amend/                    401  403  403  403  403  403  403  403  403  200  404  200  403
POST hour-entries/{id}/deny/                     401  403  403  403  403  403  403  403  403  200  404  200  403
POST hour-entries/{id}/request-attestation/      401  200  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/resend-attestation/       401  200  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/confirm-tutor/            401  403  403  403  200  404  404  200  404  403  403  403  403
POST hour-entries/{id}/acknowledge/              401  200  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/contest/                  401  200  404  404  404  404  404  404  404  404  404  404  403
POST hour-entries/{id}/revoke/                   401  403  403  403  200  404  404  200  404  403  403  403  403
GET contests/                                    401  200  200  200  200  200  200  200  200  200  200  200  403
GET contests/{id}/                               401  200  404  404  200  404  404  200  404  404  404  404  403
POST contests/{id}/uphold/                       401  403  403  403  403  403  403  200  404  403  403  403  403
POST contests/{id}/dismiss/                      401  403  403  403  403  403  403  200  404  403  403  403  403

GET statistics/territories/                      401  403  403  403  403  403  403  403  403  403  403  403  200
GET certificates/                                401  200  200  200  200  200  200  200  200  200  200  200  403
POST certificates/                               401  409  400  400  403  400  400  201  400  400  400  400  403
GET certificates/keys/                           200  200  200  200  200  200  200  200  200  200  200  200  200
GET certificates/{id}/                           401  200  404  404  200  404  404  200  404  404  404  404  403
GET certificates/{id}/pdf/                       401  200  404  404  200  404  404  200  404  404  404  404  403
POST certificates/{id}/revoke/                   401  403  403  403  403  403  403  200  404  403  403  403  403
GET verify/{token}/                              200  200  200  200  200  200  200  200  200  200  200  200  200
GET devices/                                     401  200  200  200  200  200  200  200  200  200  200  200  200
POST devices/                                    401  201  201  201  201  201  201  201  201  201  201  201  201
GET devices/{id}/                                401  200  404  404  404  404  404  404  404  404  404  404  404
DELETE devices/{id}/                             401  204  404  404  404  404  404  404  404  404  404  404  404
GET notification-preferences/                    401  200  200  200  200  200  200  200  200  200  200  200  200
PATCH notification-preferences/                  401  200  200  200  200  200  200  200  200  200  200  200  200
GET notifications/                               401  200  200  200  200  200  200  200  200  200  200  200  200
GET notifications/{id}/                          401  200  404  404  404  404  404  404  404  404  404  404  404
POST notifications/read-all/                     401  200  200  200  200  200  200  200  200  200  200  200  200
POST notifications/{id}/read/                    401  200  404  404  404  404  404  404  404  404  404  404  404
POST webhooks/mail/{provider}/                   204  401  401  401  401  401  401  401  401  401  401  401  401
GET schema/                                      200  200  200  200  200  200  200  200  200  200  200  200  200
GET docs/                                        200  200  200  200  200  200  200  200  200  200  200  200  200
"""


def _table() -> dict[str, dict[str, int]]:
    rows = {}
    for line in filter(None, MATRIX.splitlines()[2:]):
        words = line.split()
        statuses = words[-len(PEOPLE) :]
        rows[" ".join(words[: -len(PEOPLE)])] = dict(zip(PEOPLE, map(int, statuses), strict=True))
    return rows


TABLE = _table()
