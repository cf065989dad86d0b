using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks.Worlds;

public sealed class RuleWorldsTests
{
    const int Up = 0, Down = 1, Left = 2, Right = 3, Use = 4;

    readonly float[] rewards = new float[1];
    readonly Endings[] endings = new Endings[1];

    // A world of 5 × 5 cells with one rule, emptied, and the agent in the corner: row 0, column 0.
    static (RuleWorlds.RuleLanes Lanes, float[] Seen, RuleWorlds.Rule Rule) Emptied(RuleWorldsOptions? options = null)
    {
        var task = new RuleWorlds(options ?? new() { Size = 5, Kinds = 6, Depth = 1, Distractors = 1 });
        var lanes = (RuleWorlds.RuleLanes)task.CreateLanes(1);
        float[] seen = new float[task.Observation.Width];
        ulong trial = 0;
        do
            lanes.Begin(1, trial++, seen);
        while (lanes.RulesOf(0).Length == 0);
        lanes.BoardOf(0).Clear();
        lanes.PlaceOf(0) = 0;
        return (lanes, seen, lanes.RulesOf(0)[0]);
    }

    void Act(Lanes lanes, float[] seen, params int[] actions)
    {
        foreach (int action in actions)
            lanes.Step([action], seen, rewards, endings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_objects_side_by_side_become_a_third_which_is_wanted(bool swapped)
    {
        (RuleWorlds.RuleLanes lanes, float[] seen, RuleWorlds.Rule rule) = Emptied();
        Assert.Equal(rule.Product, lanes.WantedOf(0));
        (byte here, byte there) = swapped ? (rule.Second, rule.First) : (rule.First, rule.Second);
        lanes.BoardOf(0)[0] = here;
        lanes.BoardOf(0)[7] = there;                                            // row 1, column 2
        Act(lanes, seen, Use);
        Assert.Equal((here, 0), (lanes.CarriedBy(0), lanes.BoardOf(0)[0]));
        Act(lanes, seen, Right, Right, Use);                                    // row 0, column 2: above the other
        Assert.Equal((0, rule.Product, 0), (lanes.CarriedBy(0), lanes.BoardOf(0)[2], lanes.BoardOf(0)[7]));
        Assert.Equal((0f, Endings.None), (rewards[0], endings[0]));
        Act(lanes, seen, Use);
        // The fifth step of sixty.
        Assert.Equal((1 - 0.9f * 5 / 60, Endings.Terminated), (rewards[0], endings[0]));
    }

    [Fact]
    public void Objects_that_no_rule_takes_lie_side_by_side()
    {
        (RuleWorlds.RuleLanes lanes, float[] seen, RuleWorlds.Rule rule) = Emptied();
        lanes.BoardOf(0)[0] = rule.First;
        lanes.BoardOf(0)[2] = rule.First;
        Act(lanes, seen, Use, Right, Use);
        Assert.Equal((0, rule.First, rule.First),
            (lanes.CarriedBy(0), lanes.BoardOf(0)[1], lanes.BoardOf(0)[2]));
    }

    // Side by side, not corner to corner, and not around the edge of the board.
    [Theory]
    [InlineData(0, 6)]
    [InlineData(4, 5)]
    public void A_rule_needs_a_common_side(int mine, int other)
    {
        (RuleWorlds.RuleLanes lanes, float[] seen, RuleWorlds.Rule rule) = Emptied();
        lanes.PlaceOf(0) = mine;
        (lanes.BoardOf(0)[mine], lanes.BoardOf(0)[other]) = (rule.First, rule.Second);
        Act(lanes, seen, Use, Use);
        Assert.Equal((rule.First, rule.Second), (lanes.BoardOf(0)[mine], lanes.BoardOf(0)[other]));
    }

    [Fact]
    public void Nothing_is_put_down_where_something_lies()
    {
        (RuleWorlds.RuleLanes lanes, float[] seen, RuleWorlds.Rule rule) = Emptied();
        (lanes.BoardOf(0)[0], lanes.BoardOf(0)[5]) = (rule.First, rule.First);
        Act(lanes, seen, Use, Down, Use);
        Assert.Equal((rule.First, rule.First), (lanes.CarriedBy(0), lanes.BoardOf(0)[5]));
    }

    // Sight 2, six kinds: seven numbers a cell, the agent's cell is the thirteenth.
    [Fact]
    public void Cells_within_sight_and_what_is_carried_are_observed()
    {
        (RuleWorlds.RuleLanes lanes, float[] seen, _) = Emptied();
        lanes.PlaceOf(0) = 1;
        lanes.BoardOf(0)[5] = 4;                                                // row 1, column 0
        lanes.BoardOf(0)[10] = 5;                                               // row 2, column 0
        Act(lanes, seen, Left, Up);                                             // at row 0, column 0; up is a wall
        Assert.Equal(25 * 7 + 6, seen.Length);
        int[] ones = [.. Enumerable.Range(0, seen.Length).Where(i => seen[i] != 0)];
        int[] walls = [.. from cell in Enumerable.Range(0, 25) where cell / 5 < 2 || cell % 5 < 2 select cell * 7];
        Assert.Equal([.. walls.Append(17 * 7 + 4).Append(22 * 7 + 5).Order()], ones);
        Assert.All(ones, i => Assert.Equal(1, seen[i]));
        if (lanes.WantedOf(0) == 4)
            return;
        Act(lanes, seen, Down, Use);
        Assert.Equal(1, seen[25 * 7 + 4 - 1]);
        Assert.Equal(4, lanes.CarriedBy(0));
    }

    [Fact]
    public void Rules_stay_for_a_trial_and_differ_between_trials()
    {
        var task = new RuleWorlds(new() { Depth = 2, Kinds = 10, Episodes = 2, Horizon = 3 });
        var lanes = (RuleWorlds.RuleLanes)task.CreateLanes(1);
        float[] seen = new float[task.Observation.Width];
        HashSet<string> worlds = [];
        int[] depths = new int[3];
        for (ulong trial = 0; trial < 300; trial++)
        {
            lanes.Begin(1, trial, seen);
            string world = Describe();
            byte[] first = lanes.BoardOf(0).ToArray();
            depths[lanes.RulesOf(0).Length]++;
            Assert.Equal(lanes.RulesOf(0).Length + 3, first.Count(kind => kind != 0));
            Act(lanes, seen, Up, Up, Up);
            Assert.Equal(world, Describe());
            // The same objects, elsewhere.
            Assert.Equal(first.Where(kind => kind != 0).Order(),
                lanes.BoardOf(0).ToArray().Where(kind => kind != 0).Order());
            worlds.Add(world);
        }
        Assert.InRange(worlds.Count, 150, 300);
        Assert.All(depths, count => Assert.InRange(count, 70, 130));            // 100 each, deviation 8

        string Describe() => $"{lanes.WantedOf(0)}: {string.Join(' ', lanes.RulesOf(0).ToArray())}";
    }

    // A chain of two rules can be followed to its end with the objects that lie about.
    [Fact]
    public void Every_world_can_be_solved_by_its_rules()
    {
        var task = new RuleWorlds(new() { Depth = 3, Kinds = 12 });
        var lanes = (RuleWorlds.RuleLanes)task.CreateLanes(1);
        for (ulong trial = 0; trial < 100; trial++)
        {
            lanes.Begin(2, trial, new float[task.Observation.Width]);
            List<byte> there = [.. lanes.BoardOf(0).ToArray().Where(kind => kind != 0)];
            foreach (RuleWorlds.Rule rule in lanes.RulesOf(0))
            {
                Assert.True(there.Remove(rule.First) && there.Remove(rule.Second));
                there.Add(rule.Product);
            }
            Assert.Contains(lanes.WantedOf(0), there);
        }
    }

    [Fact]
    public void Too_few_kinds_and_too_few_cells_are_refused()
    {
        Assert.Equal("kinds=4 is too few: depth 1 with 2 distractors needs 5 kinds",
            Assert.Throws<OptionException>(() => new RuleWorlds(new() { Kinds = 4 })).Message);
        Assert.Equal("21 objects and the agent do not fit into 4 × 4 cells; make size larger",
            Assert.Throws<OptionException>(
                () => new RuleWorlds(new() { Size = 4, Distractors = 20, Depth = 0, Kinds = 50 })).Message);
    }
}
