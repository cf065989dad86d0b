using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>
/// A household as text, with the rules and the six kinds of tasks of ALFWorld: go to receptacles, open them, take an
/// object, clean, heat or cool it, and put it where it shall be. Solving brings 10 and nothing else brings anything.
/// Rooms are made by a level's number; slicing is left out.
/// </summary>
public sealed class Household : TextEnvironment
{
    const float SolvedReward = 10;
    const string NothingHappens = "Nothing happens.";

    HouseholdState state;
    string text;

    internal Household()
    {
        state = null!;
        text = "";
        Reset(0);
    }

    Household(Household other) => (state, text) = (other.state.Clone(), other.text);

    /// <inheritdoc/>
    public override void Reset(ulong level)
    {
        RandomSequence random = new RandomKey(level, RandomPurpose.Environment, 0).Sequence(0);
        state = HouseholdLevels.Make(ref random);
        text = "You are in the middle of a room. Looking quickly around you, you see " +
            Listed(state.Places.Select(place => place.Name)) + ".";
    }

    /// <inheritdoc/>
    public override TextEnvironment Clone() => new Household(this);

    internal HouseholdState State => state;

    /// <inheritdoc/>
    public override string Instruction => "Your task is to: " + state.Goal.Text;

    /// <inheritdoc/>
    public override string Observation => text;

    /// <inheritdoc/>
    public override bool IsDone => IsSolved;

    /// <inheritdoc/>
    public override bool IsSolved => state.IsSolved;

    /// <summary>ALFRED's name of the kind of task.</summary>
    public override string Category => state.Goal.Name;

    /// <summary>All commands whose conditions hold, without <c>help</c>.</summary>
    public override IReadOnlyList<string> AdmissibleActions
    {
        get
        {
            if (IsDone)
                return [];
            List<string> actions = [];
            int here = state.Agent, held = state.Held;
            for (int place = 0; place < state.Places.Length; place++)
            {
                if (place != here)
                    actions.Add("go to " + state.Places[place].Name);
            }
            if (here >= 0)
            {
                string name = state.Places[here].Name;
                if (state.Places[here].Kind.Opens)
                    actions.Add((state.IsOpen[here] ? "close " : "open ") + name);
                if (held < 0 && state.IsAccessible(here))
                    actions.AddRange(Inside(here).Select(thing => $"take {state.Objects[thing].Name} from {name}"));
                if (held >= 0)
                {
                    string thing = state.Objects[held].Name, kind = state.Objects[held].Kind;
                    if (state.IsAccessible(here) && state.Takes(here, kind))
                        actions.Add($"move {thing} to {name}");
                    (string Verb, Func<string, bool> Can, string At)[] uses =
                    [
                        ("clean", HouseholdWorld.CanClean, "sinkbasin"),
                        ("heat", HouseholdWorld.CanHeat, "microwave"),
                        ("cool", HouseholdWorld.CanCool, "fridge"),
                    ];
                    actions.AddRange(uses
                        .Where(one => state.Places[here].Kind.Name == one.At && one.Can(kind))
                        .Select(one => $"{one.Verb} {thing} with {name}"));
                }
                if (state.Lamp.Place == here)
                    actions.Add($"use {state.Lamp.Kind} 1");
                actions.Add("examine " + name);
            }
            if (held >= 0)
                actions.Add("examine " + state.Objects[held].Name);
            actions.Add("inventory");
            actions.Add("look");
            return actions;
        }
    }

    IEnumerable<int> Inside(int place) =>
        Enumerable.Range(0, state.Objects.Length).Where(thing => state.At[thing] == place);

    /// <inheritdoc/>
    public override TextStep Step(string action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireRunning();
        action = action.Trim();
        if (!AdmissibleActions.Contains(action))
        {
            text = NothingHappens;
            return new TextStep(0, false);
        }
        text = Do(action);
        return new TextStep(IsSolved ? SolvedReward : 0, true);
    }

    string Do(string action)
    {
        int here = state.Agent, held = state.Held;
        string name = here >= 0 ? state.Places[here].Name : "", thing = held >= 0 ? state.Objects[held].Name : "";
        switch (action.Split(' ')[0])
        {
            case "go":
                state.Agent = Array.FindIndex(state.Places, place => action == "go to " + place.Name);
                return $"You arrive at {state.Places[state.Agent].Name}. {Content(state.Agent)}";
            case "open":
                state.IsOpen[here] = true;
                return $"You open the {name}. {Content(here)}";
            case "close":
                state.IsOpen[here] = false;
                return $"You close the {name}.";
            case "take":
                int taken = Array.FindIndex(state.Objects, one => action == $"take {one.Name} from {name}");
                state.At[taken] = HouseholdState.Nowhere;
                return $"You pick up the {state.Objects[taken].Name} from the {name}.";
            case "move":
                state.At[held] = here;
                return $"You move the {thing} to the {name}.";
            case "clean":
                state.IsClean[held] = true;
                return $"You clean the {thing} using the {name}.";
            case "heat":
                (state.IsHot[held], state.IsCool[held]) = (true, false);
                return $"You heat the {thing} using the {name}.";
            case "cool":
                (state.IsHot[held], state.IsCool[held]) = (false, true);
                return $"You cool the {thing} using the {name}.";
            case "use":
                state.LampIsOn = !state.LampIsOn;
                return $"You turn {(state.LampIsOn ? "on" : "off")} the {state.Lamp.Kind} 1.";
            case "inventory":
                return held >= 0 ? $"You are carrying: a {thing}." : "You are not carrying anything.";
            case "look":
                return here < 0 ? "You are in the middle of a room. Looking quickly around you, you see nothing."
                    : $"You are facing the {name}. Next to it, you see nothing.";
            default:
                return action == "examine " + name ? Content(here) : Examined(held);
        }
    }

    string Content(int place)
    {
        string name = state.Places[place].Name;
        if (!state.IsAccessible(place))
            return $"The {name} is closed.";
        state.IsKnown[place] = true;
        string list = Listed(Inside(place).Select(thing => state.Objects[thing].Name)
            .Concat(state.Lamp.Place == place ? [state.Lamp.Kind + " 1"] : []));
        return state.Places[place].Kind.Opens ? $"The {name} is open. In it, you see {list}."
            : $"On the {name}, you see {list}.";
    }

    string Examined(int thing)
    {
        (bool Is, string Word)[] all =
            [(state.IsHot[thing], "hot"), (state.IsCool[thing], "cold"), (state.IsClean[thing], "clean")];
        string[] was = [.. all.Where(one => one.Is).Select(one => one.Word)];
        return was.Length == 0 ? $"There's nothing special about {state.Objects[thing].Name}."
            : $"This is a {string.Join(' ', was)} {state.Objects[thing].Name}.";
    }

    static string Listed(IEnumerable<string> names)
    {
        string[] all = [.. names.Select(name => "a " + name)];
        return all.Length switch
        {
            0 => "nothing",
            1 => all[0],
            _ => string.Join(", ", all[..^1]) + ", and " + all[^1],
        };
    }

    /// <inheritdoc/>
    public override int? OracleDistance => HouseholdPlan.Find(state, isOmniscient: true)?.Count;

    /// <inheritdoc/>
    public override string? OracleAction => HouseholdPlan.Find(state, isOmniscient: true)?.FirstOrDefault();

    /// <summary>
    /// Goes through the places where the object may be until it has seen it, opens what is closed, and then does what
    /// is to be done.
    /// </summary>
    public override string? Demonstrate(ref RandomSequence random, IReadOnlyList<string> lessons)
    {
        List<string>? plan = HouseholdPlan.Find(state, isOmniscient: false);
        if (plan is null && state.Goal.Kind == HouseholdKind.Two)
            plan = HouseholdPlan.First(state);
        if (plan is not null)
            return plan.FirstOrDefault();
        int here = state.Agent;
        if (here >= 0 && !state.IsKnown[here] && !state.IsAccessible(here) && state.Takes(here, state.Goal.Object))
            return "open " + state.Places[here].Name;
        int next = Array.FindIndex([.. state.IsKnown.Select((known, place) =>
            !known && place != here && state.Takes(place, state.Goal.Object))], one => one);
        return next >= 0 ? "go to " + state.Places[next].Name : null;
    }

    /// <summary>Where an object of the kind that is wanted was seen.</summary>
    public override string Lesson => state.Wanted.Where(thing => state.At[thing] >= 0 && state.IsKnown[state.At[thing]])
        .Select(thing => $"{state.Objects[thing].Name} at {state.Places[state.At[thing]].Name}")
        .FirstOrDefault() ?? "";
}
