package integration

// bill is what happens in workflows, in numbers. Its events, tasks and actions
// are a closed formula, which TestWhatEachThingCosts tries term by term:
//
//	                       events  tasks  actions
//	a workflow                  5      1        1   a child's start is billed to its parent
//	an activity                 6      1        1
//	a wait that passes          5      1        1
//	a deadline cancelled        2      -        1
//	a signal                    4      1        1   billed to the receiver
//	an update                   5      1        1
//	a signal sent out           5      1        -
//	a child                     5      1        2   9 and 2 if it ends before its parent
//	an upsert                   1      -        1
//
// Three of the events are the task's. Whatever comes in the task of something
// else saves them.
type bill struct {
	workflows, closed, children, ended     int
	activities, waits, cancelled, left     int
	signals, updates, told, upserts, child int
	shared                                 int // messages that come in a task of something else
}

func (b bill) tasks() int {
	return b.workflows + b.activities + b.waits + b.signals + b.updates + b.told + b.children + b.ended - b.shared
}

func (b bill) events() int {
	return 3*b.tasks() + b.workflows + b.closed + 3*b.activities + 2*b.waits + 2*b.cancelled + b.left +
		b.signals + 2*b.updates + 2*b.told + 2*b.children + b.ended + b.upserts
}

func (b bill) actions() int {
	return b.workflows - b.child + b.activities + b.waits + b.cancelled + b.left + b.signals + b.updates + 2*b.children + b.upserts
}
