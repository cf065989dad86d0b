namespace RLSquared.Language.Environments;

/// <summary>The shortest way to a household's goal, from any state.</summary>
static class HouseholdPlan
{
    /// <summary>The actions; null where there is no way, or none from what is known.</summary>
    /// <param name="state">From where.</param>
    /// <param name="isOmniscient">Whether objects count that are at places whose content was not shown.</param>
    public static List<string>? Find(HouseholdState state, bool isOmniscient)
    {
        if (state.IsSolved)
            return [];
        int[] wanted = [.. state.Wanted.Where(
            thing => isOmniscient || state.At[thing] < 0 || state.IsKnown[state.At[thing]])];
        IEnumerable<List<string>> ways = state.Goal.Kind switch
        {
            HouseholdKind.Light => wanted.Select(thing => new Walk(state).Take(thing).UseLamp().Actions),
            HouseholdKind.Two => from target in state.Targets
                                 from first in wanted
                                 from second in wanted
                                 where first != second
                                 select new Walk(state).Put(first, target).Put(second, target).Actions,
            _ => from target in state.Targets
                 from thing in wanted
                 select new Walk(state).Put(thing, target).Actions,
        };
        return ways.MinBy(way => way.Count);
    }

    /// <summary>The way to put one of two objects away while the other is still to be found; null where there is
    /// none.</summary>
    public static List<string>? First(HouseholdState state)
    {
        int target = state.Targets.First();
        int thing = state.Wanted.FirstOrDefault(one => state.At[one] != target
            && (state.At[one] < 0 || state.IsKnown[state.At[one]]), -1);
        return thing < 0 ? null : new Walk(state).Put(thing, target).Actions;
    }

    // Actions one after the other, carried out on a copy of the state.
    sealed class Walk(HouseholdState start)
    {
        readonly HouseholdState state = start.Clone();

        public List<string> Actions { get; } = [];

        public Walk Put(int thing, int target)
        {
            if (state.At[thing] == target && state.IsPrepared(thing))
                return this;
            Take(thing);
            if (!state.IsPrepared(thing))
            {
                Go(state.Appliance);
                Do($"{state.Goal.Verb} {state.Objects[thing].Name} with {state.Places[state.Appliance].Name}");
                (state.Goal.Kind switch
                {
                    HouseholdKind.Clean => state.IsClean,
                    HouseholdKind.Heat => state.IsHot,
                    _ => state.IsCool,
                })[thing] = true;
            }
            Drop(thing, target);
            return this;
        }

        public Walk Take(int thing)
        {
            if (state.Held == thing)
                return this;
            if (state.Held is >= 0 and var other)
                Drop(other, Room(state.Objects[other].Kind));
            int place = state.At[thing];
            Reach(place);
            Do($"take {state.Objects[thing].Name} from {state.Places[place].Name}");
            state.At[thing] = HouseholdState.Nowhere;
            return this;
        }

        public Walk UseLamp()
        {
            Go(state.Lamp.Place);
            if (!state.LampIsOn)
                Do($"use {state.Lamp.Kind} 1");
            state.LampIsOn = true;
            return this;
        }

        // Where something can be put down soonest.
        int Room(string kind) => Enumerable.Range(0, state.Places.Length).Where(place => state.Takes(place, kind))
            .MinBy(place => (place == state.Agent ? 0 : 1) + (state.IsAccessible(place) ? 0 : 1));

        void Drop(int thing, int place)
        {
            Reach(place);
            Do($"move {state.Objects[thing].Name} to {state.Places[place].Name}");
            state.At[thing] = place;
        }

        void Reach(int place)
        {
            Go(place);
            if (!state.IsAccessible(place))
                Do($"open {state.Places[place].Name}");
            state.IsOpen[place] |= state.Places[place].Kind.Opens;
        }

        void Go(int place)
        {
            if (state.Agent != place)
                Do($"go to {state.Places[place].Name}");
            state.Agent = place;
        }

        void Do(string action) => Actions.Add(action);
    }
}
