package journey

import "guestjourney/activities/directory"

// score rates a lead by written rules, 0 to 100: can we reach the guest (30 for
// a phone, 20 for an e-mail), where do they come from (30 referral, 20 website
// or form, 10 anything named), do we know them by name (20).
func score(lead directory.Lead) (points int, classification string) {
	add := func(condition bool, value int) {
		if condition {
			points += value
		}
	}
	add(lead.Phone != "", 30)
	add(lead.Email != "", 20)
	add(lead.FirstName != "" && lead.LastName != "", 20)
	switch lead.Source {
	case "":
	case "referral", "returning_guest":
		points += 30
	case "website", "form":
		points += 20
	default:
		points += 10
	}
	switch {
	case points >= 80:
		return points, "hot"
	case points >= 50:
		return points, "warm"
	}
	return points, "cold"
}
