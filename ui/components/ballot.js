// Votes in a report: the keys press the buttons of the bar that is shown; Enter goes to the next one.
voteByKey(() => root().querySelector("[data-vote]"));
