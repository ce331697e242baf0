"""The persons of a usual test, each with a token and a client of their own."""


class People:
    """ana and vera are operators, marko approves, jelena audits, petar administers.

    `people.partner("mup-ns")` is the client of a partner's token.
    """
    ROLES = {"ana": "operator", "vera": "operator", "marko": "approver", "jelena": "auditor",
             "petar": "admin"}

    def __init__(self, astrad):
        self._astrad = astrad
        self._clients = {}

    def _of(self, person):
        if person not in self._clients:
            self._astrad.person(person, person.capitalize())
            token = self._astrad.token(self.ROLES[person], person)
            self._clients[person] = self._astrad.client(token)
        return self._clients[person]

    @property
    def operator(self):
        return self._of("ana")

    @property
    def other_operator(self):
        return self._of("vera")

    @property
    def approver(self):
        return self._of("marko")

    @property
    def auditor(self):
        return self._of("jelena")

    @property
    def admin(self):
        return self._of("petar")

    def partner(self, partner):
        if partner not in self._clients:
            token = self._astrad.token(partner=partner)
            self._clients[partner] = self._astrad.client(token)
        return self._clients[partner]
