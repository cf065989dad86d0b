using RLSquared.Language.Environments;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Tests.Environments;

public sealed class HouseholdTests
{
    static Household Level(ulong level)
    {
        var household = new Household();
        household.Reset(level);
        return household;
    }

    static Household Of(string kind) => Enumerable.Range(0, 1000).Select(level => Level((ulong)level))
        .First(one => one.Category == kind);

    [Fact]
    public void Following_the_oracle_brings_the_goal_one_step_nearer_each_time_and_ten_at_the_end()
    {
        HashSet<string> kinds = [];
        for (ulong level = 0; level < 200; level++)
        {
            Household household = Level(level);
            kinds.Add(household.Category);
            Assert.False(household.IsDone);
            float reward = 0;
            for (int distance = household.OracleDistance!.Value; distance > 0; distance--)
            {
                Assert.Equal(distance, household.OracleDistance);
                Assert.Contains(household.OracleAction!, household.AdmissibleActions);
                TextStep step = household.Step(household.OracleAction!);
                Assert.True(step.IsValid);
                reward += step.Reward;
            }
            Assert.Equal((true, 10f, 0), (household.IsSolved, reward, household.OracleDistance));
        }
        Assert.Equal(6, kinds.Count);
    }

    [Fact]
    public void Every_admissible_action_is_valid_and_changes_no_copy()
    {
        for (ulong level = 0; level < 30; level++)
        {
            Household household = Level(level);
            for (int step = 0; step < 12 && !household.IsDone; step++)
            {
                string before = household.Observation;
                foreach (string action in household.AdmissibleActions)
                {
                    TextEnvironment copy = household.Clone();
                    Assert.True(copy.Step(action).IsValid);
                    Assert.NotEqual("Nothing happens.", copy.Observation);
                }
                Assert.Equal(before, household.Observation);
                RandomSequence random = new RandomKey(level, RandomPurpose.Other, (ulong)step).Sequence(0);
                household.Step(household.AdmissibleActions[random.NextInt(household.AdmissibleActions.Count)]);
            }
        }
    }

    [Fact]
    public void A_good_player_finds_what_it_has_not_been_shown_and_solves_most_levels_in_time()
    {
        int solved = 0, longer = 0;
        for (ulong level = 0; level < 200; level++)
        {
            Household household = Level(level);
            int oracle = household.OracleDistance!.Value, turns = 0;
            RandomSequence random = new RandomKey(level, RandomPurpose.Other, 0).Sequence(0);
            while (!household.IsDone && turns < 40 && household.Demonstrate(ref random, []) is { } action)
            {
                Assert.True(household.Step(action).IsValid);
                turns++;
            }
            solved += household.IsSolved ? 1 : 0;
            longer += turns > oracle ? 1 : 0;
        }
        Assert.InRange(solved, 195, 200);
        Assert.True(longer > 100);                           // it has to search
    }

    [Fact]
    public void What_is_not_possible_does_nothing()
    {
        Household household = Level(1);
        int distance = household.OracleDistance!.Value;
        foreach (string action in (string[])["", "fly", "take apple 1 from moon 1", "open", "move pan 1 to sofa 1"])
        {
            Assert.Equal(new TextStep(0, false), household.Step(action));
            Assert.Equal("Nothing happens.", household.Observation);
        }
        Assert.Equal(distance, household.OracleDistance);
    }

    [Fact]
    public void Closed_receptacles_hide_what_is_in_them_and_take_nothing()
    {
        Household household = Enumerable.Range(0, 1000).Select(level => Level((ulong)level)).First(one =>
            one.State.Places[one.State.At[0]].Kind.Opens && one.Category == "pick_and_place_simple");
        HouseholdState state = household.State;
        (string thing, string place) = (state.Objects[0].Name, state.Places[state.At[0]].Name);
        household.Step("go to " + place);
        Assert.Equal($"You arrive at {place}. The {place} is closed.", household.Observation);
        Assert.False(household.Step($"take {thing} from {place}").IsValid);
        household.Step("open " + place);
        Assert.StartsWith($"You open the {place}. The {place} is open. In it, you see ", household.Observation,
            StringComparison.Ordinal);
        Assert.Contains("a " + thing, household.Observation, StringComparison.Ordinal);
        household.Step($"take {thing} from {place}");
        Assert.Equal($"You pick up the {thing} from the {place}.", household.Observation);
        household.Step("inventory");
        Assert.Equal($"You are carrying: a {thing}.", household.Observation);
        Assert.Contains($"move {thing} to {place}", household.AdmissibleActions);
        household.Step("close " + place);
        Assert.DoesNotContain($"move {thing} to {place}", household.AdmissibleActions);
    }

    [Theory]
    [InlineData("pick_heat_then_place_in_recep", "heat", "hot")]
    [InlineData("pick_cool_then_place_in_recep", "cool", "cold")]
    [InlineData("pick_clean_then_place_in_recep", "clean", "clean")]
    public void An_object_is_prepared_where_that_can_be_done_and_must_be(string kind, string verb, string word)
    {
        Household household = Of(kind);
        string thing = household.State.Objects[0].Name;
        List<string> taken = [];
        while (!household.IsDone)
        {
            string action = household.OracleAction!;
            taken.Add(action);
            household.Step(action);
            if (action.StartsWith(verb + " ", StringComparison.Ordinal))
            {
                household.Step("examine " + thing);
                Assert.Equal($"This is a {word} {thing}.", household.Observation);
            }
        }
        Assert.Single(taken, action => action.StartsWith($"{verb} {thing} with ", StringComparison.Ordinal));

        // Without it the object in its place is no solution.
        Household raw = Of(kind);
        foreach (string action in taken.Where(one => !one.StartsWith(verb + " ", StringComparison.Ordinal)))
            raw.Step(action);
        Assert.False(raw.IsSolved);
    }

    [Fact]
    public void Heat_and_cold_undo_each_other()
    {
        Household household = Of("pick_heat_then_place_in_recep");
        string thing = household.State.Objects[0].Name;
        while (!household.State.IsHot[0])
            household.Step(household.OracleAction!);
        household.Step("go to fridge 1");
        household.Step($"cool {thing} with fridge 1");
        Assert.Equal((false, true), (household.State.IsHot[0], household.State.IsCool[0]));
    }

    [Fact]
    public void Two_objects_in_two_places_of_the_kind_are_not_enough()
    {
        Household household = Enumerable.Range(0, 5000).Select(level => Level((ulong)level)).First(one =>
            one.Category == "pick_two_obj_and_place" && one.State.Targets.Count() > 1
            && !one.State.Places[one.State.Targets.First()].Kind.Opens);
        HouseholdState state = household.State;
        int[] targets = [.. state.Targets];
        state.At[0] = targets[0];
        state.At[1] = targets[1];
        Assert.False(household.IsSolved);
        state.At[1] = targets[0];
        Assert.True(household.IsSolved);
    }

    [Fact]
    public void Light_needs_the_lamp_on_here_and_the_object_in_hand()
    {
        Household household = Of("look_at_obj_in_light");
        string lamp = household.State.Places[household.State.Lamp.Place].Name;
        household.Step("go to " + lamp);
        household.Step($"use {household.State.Lamp.Kind} 1");
        Assert.Equal($"You turn on the {household.State.Lamp.Kind} 1.", household.Observation);
        Assert.False(household.IsSolved);
        while (!household.IsDone)
            household.Step(household.OracleAction!);
        Assert.StartsWith("You arrive at " + lamp, household.Observation, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_are_short_and_come_back_from_their_tokens()
    {
        var task = new HouseholdTask();
        for (ulong level = 0; level < 100; level++)
        {
            Household household = Level(level);
            RandomSequence random = new RandomKey(level, RandomPurpose.Other, 0).Sequence(0);
            Check(AgentTags.Instruction + household.Instruction, task.LongestInstruction + 1);
            for (int step = 0; step < 20 && !household.IsDone; step++)
            {
                Check(AgentTags.Observation + household.Observation, task.LongestObservation);
                foreach (string action in household.AdmissibleActions)
                    Check(action, task.LongestAction);
                household.Step(household.Demonstrate(ref random, []) ?? "look");
            }
            Check(household.Lesson, task.LongestLesson);
        }

        void Check(string text, int most)
        {
            int[] ids = task.Tokenizer.Encode(text);
            Assert.True(ids.Length <= most, $"{ids.Length} tokens of {most}: {text}");
            Assert.Equal(text, task.Tokenizer.Decode(ids));
        }
    }
}
