using System.Numerics;
using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Tasks.Goals;

public sealed class LightsOutArmTests
{
    static readonly LightsOutBoard board = LightsOutBoard.Of(LightsOutSize.ThreeByThree);

    static HandState Above(int button, double height)
    {
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 1).Sequence(0);
        (double x, double y) = HandState.ButtonAt(board, button);
        return HandState.Draw(0, ref random) with { X = x, Y = y, Z = HandState.ButtonTop + height };
    }

    static void Down(ref HandState hand, double metres) => Move(ref hand, 0, 0, -metres);

    static void Move(ref HandState hand, double x, double y, double z) =>
        hand.Step(board, [(float)(x / 0.05), (float)(y / 0.05), (float)(z / 0.05), 0, 0]);

    // The grid of 0.1 m around (0.425, 0), row by row along x.
    [Fact]
    public void Buttons_are_where_the_published_ones_are()
    {
        (double x, double y) = HandState.ButtonAt(board, 0);
        Assert.Equal((0.325, -0.1), (x, y), new Near());
        (x, y) = HandState.ButtonAt(LightsOutBoard.Of(LightsOutSize.FourBySix), 23);
        Assert.Equal((0.575, 0.25), (x, y), new Near());
    }

    [Fact]
    public void A_button_turns_its_lights_once_when_it_goes_below_20_millimetres_and_not_again_before_it_was_up()
    {
        HandState hand = Above(4, 0.01);
        Down(ref hand, 0.01 + 0.0195);
        Assert.Equal(0u, hand.Lights);
        Down(ref hand, 0.001);
        Assert.Equal(board.Masks[4], hand.Lights);
        Down(ref hand, 0.05);
        Assert.Equal(HandState.ButtonTop - HandState.ButtonTravel, hand.Z, 9);
        Move(ref hand, 0, 0, 0.002);
        Down(ref hand, 0.002);
        Assert.Equal(board.Masks[4], hand.Lights);      // 22 mm is still below the 20 at which it turns
        Move(ref hand, 0, 0, 0.005);
        Down(ref hand, 0.005);
        Assert.Equal(0u, hand.Lights);
    }

    [Fact]
    public void Beside_a_button_nothing_is_pressed_and_from_the_side_nobody_gets_in()
    {
        HandState hand = Above(4, 0.03) with { X = HandState.Middle + 0.0173 };
        Down(ref hand, 0.05);
        Down(ref hand, 0.02);
        Assert.Equal(0u, hand.Lights);
        Assert.Equal(HandState.ButtonTop - 0.04, hand.Z, 6);
        Move(ref hand, -0.01, 0, 0);
        Assert.Equal(HandState.Middle + 0.0173, hand.X, 9);
    }

    [Fact]
    public void An_observation_has_the_published_layout()
    {
        HandState hand = Above(5, 0.01) with { Yaw = 1, Opening = 0.5 };
        Down(ref hand, 0.022);
        float[] seen = new float[7 + 4 * 9];
        hand.Write(board, seen);
        Assert.Equal([0, 1, 1.13f], seen[..3], new NearFloat());
        Assert.Equal([MathF.Cos(1), MathF.Sin(1), 1.5f, 1], seen[3..7], new NearFloat());
        // 12 mm down, at 0.24 m/s.
        Assert.Equal([1, 0, -1.44f, -0.24f], seen[(7 + 20)..(7 + 24)], new NearFloat());
        Assert.Equal([1, 0, 0, 0], seen[(7 + 16)..(7 + 20)], new NearFloat());
    }

    [Fact]
    public void The_hand_stays_in_its_workspace()
    {
        HandState hand = Above(0, 0.1);
        for (int step = 0; step < 40; step++)
            hand.Step(board, [-1, 1, 1, 1, 1]);
        Assert.Equal((0.25, 0.35, 0.35, 1), (hand.X, hand.Y, hand.Z, hand.Opening));
        for (int step = 0; step < 40; step++)
            hand.Step(board, [5, -5, -5, 0, -5]);
        Assert.Equal((0.6, -0.35, 0.02, 0), (hand.X, hand.Y, hand.Z, hand.Opening));
    }

    // A plan takes 8 · (3.35 + 4 · distance) steps of 0.05 s, some 34. Its lowest place, 25 mm below the top, lies
    // between two steps of 13 mm each, so that of three plans only two press.
    [Fact]
    public void Recorded_plans_press_one_button_in_some_50_steps()
    {
        LightsOutArm task = new(new LightsOutOptions { Board = LightsOutSize.FourByFive });
        using var workers = new Workers(2);
        GoalDataset data = task.MakeData(new GoalDataOptions { Trajectories = 20 }, workers);
        Assert.True(data.HasGoals);
        int turns = 0, clean = 0;
        for (int row = 0; row < data.Rows; row++)
        {
            Assert.Equal(data.ObservationOf(row)[8], data.GoalOf(row)[0]);
            if (row == data.LastOf(row))
                continue;
            uint change = task.Board.Read(data.GoalOf(row)) ^ task.Board.Read(data.GoalOf(row + 1));
            turns += change != 0 ? 1 : 0;
            clean += task.Board.Masks.Contains(change) ? 1 : 0;
        }
        Assert.Equal(turns, clean);
        Assert.InRange(20_000.0 / turns, 44, 56);
    }

    [Fact]
    public void Whoever_can_reckon_and_press_reaches_every_goal()
    {
        LightsOutArm task = new(new LightsOutOptions { Board = LightsOutSize.FourBySix });
        GoalEvaluation found = GoalEvaluator.Run(
            task, _ => (in GoalPercept percept, ActionSpan actions) =>
            {
                for (int lane = 0; lane < percept.Lanes; lane++)
                {
                    int width = task.Observation.Width;
                    Press(task, percept.Observations.Slice(lane * width, width),
                        percept.Goals.Slice(lane * width, width), actions.Numbers.Slice(lane * 5, 5));
                }
            }, new GoalEvaluationOptions { Episodes = 3 });
        Assert.Equal(1, found.Rate);
    }

    static void Press(
        LightsOutArm task, ReadOnlySpan<float> seen, ReadOnlySpan<float> asked, Span<float> action)
    {
        Span<float> bits = stackalloc float[task.GoalWidth], goal = stackalloc float[task.GoalWidth];
        task.Represent(seen, bits);
        task.Represent(asked, goal);
        uint presses = task.Board.Presses(task.Board.Read(bits), task.Board.Read(goal))!.Value;
        int button = Math.Min(task.GoalWidth - 1, BitOperations.TrailingZeroCount(presses));
        (double x, double y) = HandState.ButtonAt(task.Board, button);
        double dx = x - (seen[0] / 10 + HandState.Middle), dy = y - seen[1] / 10, z = seen[2] / 10;
        bool isThere = Math.Abs(dx) < 0.005 && Math.Abs(dy) < 0.005, isHigh = z > HandState.ButtonTop + 0.01;
        action.Clear();
        if (isThere)
            action[2] = -0.5f;
        else if (!isHigh)
            action[2] = 1;
        else
            (action[0], action[1]) = ((float)Math.Clamp(dx / 0.05, -1, 1), (float)Math.Clamp(dy / 0.05, -1, 1));
    }

    sealed class Near : IEqualityComparer<(double, double)>
    {
        public bool Equals((double, double) a, (double, double) b) =>
            Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-9;

        public int GetHashCode((double, double) pair) => 0;
    }

    sealed class NearFloat : IEqualityComparer<float>
    {
        public bool Equals(float a, float b) => Math.Abs(a - b) < 1e-4f;

        public int GetHashCode(float value) => 0;
    }
}
