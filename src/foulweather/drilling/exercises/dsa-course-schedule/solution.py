"""Course schedule: a depth-first search for a cycle, with a stack of its own. O(V + E)."""

UNSEEN, ON_THE_WAY, DONE = range(3)


def can_finish(courses: int, prerequisites: list[list[int]]) -> bool:
    """Say whether all courses can be finished; `[a, b]`: b comes before a."""
    needed_by: list[list[int]] = [[] for _ in range(courses)]
    for course, first in prerequisites:
        needed_by[first].append(course)
    state = [UNSEEN] * courses
    for start in range(courses):
        if state[start] != UNSEEN:
            continue
        state[start] = ON_THE_WAY
        path = [(start, iter(needed_by[start]))]
        while path:
            course, following = path[-1]
            for one in following:
                if state[one] == ON_THE_WAY:
                    return False
                if state[one] == UNSEEN:
                    state[one] = ON_THE_WAY
                    path.append((one, iter(needed_by[one])))
                    break
            else:
                state[course] = DONE
                path.pop()
    return True
