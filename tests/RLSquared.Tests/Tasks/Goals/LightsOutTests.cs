using System.Numerics;
using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Objectives;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Tasks.Goals;

public sealed class LightsOutTests
{
    public static TheoryData<LightsOutSize> Sizes =>
    [
        LightsOutSize.ThreeByThree, LightsOutSize.FourByFour, LightsOutSize.FourByFive, LightsOutSize.FourBySix,
    ];

    // A way of 24 presses is still worth 0.08.
    [Fact]
    public void A_press_costs_a_tenth() => Assert.Equal(0.9, new LightsOut().Discount);

    // Counted by others with linear algebra over bits; only the board 4 × 4 has presses that turn nothing.
    [Theory]
    [InlineData(LightsOutSize.ThreeByThree, 1, 2, 5, 8, 9, 7)]
    [InlineData(LightsOutSize.FourByFour, 16, 4, 6, 6, 6, 7)]
    [InlineData(LightsOutSize.FourByFive, 1, 4, 10, 14, 16, 20)]
    [InlineData(LightsOutSize.FourBySix, 1, 6, 8, 12, 16, 24)]
    public void The_five_tasks_need_as_many_presses_as_published(LightsOutSize size, int idle, params int[] presses)
    {
        LightsOutBoard board = LightsOutBoard.Of(size);
        Assert.Equal(idle, board.IdleCombinations);
        Assert.Equal(presses, board.Evaluations.Select(
            pair => BitOperations.PopCount(board.Presses(pair.Start, pair.Goal)!.Value)));
    }

    // Breadth first over all 512 states of the board 3 × 3.
    [Fact]
    public void The_fewest_presses_are_those_that_counting_finds()
    {
        LightsOutBoard board = LightsOutBoard.Of(LightsOutSize.ThreeByThree);
        int[] steps = new int[512];
        Array.Fill(steps, -1);
        steps[0] = 0;
        var queue = new Queue<uint>([0]);
        while (queue.TryDequeue(out uint state))
        {
            foreach (uint mask in board.Masks)
            {
                if (steps[state ^ mask] >= 0)
                    continue;
                steps[state ^ mask] = steps[state] + 1;
                queue.Enqueue(state ^ mask);
            }
        }
        for (uint state = 0; state < 512; state++)
            Assert.Equal(steps[state], BitOperations.PopCount(board.Presses(0, state)!.Value));
    }

    [Fact]
    public void Some_states_of_the_board_4_by_4_cannot_be_reached()
    {
        LightsOutBoard board = LightsOutBoard.Of(LightsOutSize.FourByFour);
        Assert.Equal(4096, Enumerable.Range(0, 65536).Count(state => board.Presses(0, (uint)state) is not null));
    }

    // . X .     Button 1 turns itself, its neighbours left and right, and the one below.
    [Fact]
    public void A_press_turns_the_button_and_its_neighbours()
    {
        Assert.Equal(0b000_010_111u, LightsOutBoard.Of(LightsOutSize.ThreeByThree).Masks[1]);
        Assert.Equal(0b010_111_010u, LightsOutBoard.Of(LightsOutSize.ThreeByThree).Masks[4]);
        // The last of a row and the first of the next are no neighbours.
        Assert.Equal(0b0000_1000_1100_1000u, LightsOutBoard.Of(LightsOutSize.FourByFour).Masks[7]);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Whoever_can_reckon_reaches_every_goal_in_the_fewest_presses(LightsOutSize size)
    {
        LightsOut task = new(new LightsOutOptions { Board = size });
        GoalEvaluation found = GoalEvaluator.Run(task, _ => (in GoalPercept percept, ActionSpan actions) =>
        {
            int width = task.Board.Buttons;
            for (int lane = 0; lane < percept.Lanes; lane++)
            {
                uint presses = task.Board.Presses(
                    task.Board.Read(percept.Observations.Slice(lane * width, width)),
                    task.Board.Read(percept.Goals.Slice(lane * width, width)))!.Value;
                actions[lane] = Math.Min(width - 1, BitOperations.TrailingZeroCount(presses));
            }
        }, new GoalEvaluationOptions { Episodes = 2 });
        Assert.Equal(1, found.Rate);
        Assert.Equal(task.Board.Evaluations.Select(
            pair => (double)BitOperations.PopCount(task.Board.Presses(pair.Start, pair.Goal)!.Value)),
            found.Tasks.Select(score => score.MeanSteps));
    }

    [Fact]
    public void Every_row_of_the_data_follows_from_the_one_before_and_its_press()
    {
        LightsOut task = new(new LightsOutOptions { Board = LightsOutSize.FourByFive });
        using var workers = new Workers(2);
        GoalDataset data = task.MakeData(new GoalDataOptions { Trajectories = 50 }, workers);
        Assert.Equal((50, 50 * 101), (data.Trajectories, data.Rows));
        int[] presses = new int[20], lit = new int[20];
        for (int row = 0; row < data.Rows; row++)
        {
            int button = data.ActionOf(row)[0];
            presses[button]++;
            for (int light = 0; light < 20; light++)
                lit[light] += (int)data.ObservationOf(row)[light];
            if (row < data.LastOf(row))
            {
                Assert.Equal(task.Board.Read(data.ObservationOf(row)) ^ task.Board.Masks[button],
                    task.Board.Read(data.ObservationOf(row + 1)));
            }
        }
        // Of 5050 rows each button is pressed in a twentieth, 252 ± 15.5, and each light is on in half.
        Assert.All(presses, count => Assert.InRange(count, 252 - 70, 252 + 70));
        Assert.All(lit, count => Assert.InRange(count, 2525 - 250, 2525 + 250));
    }

    // 512 states, the farthest 9 presses away: 2⁴ = 16 presses are covered by four sweeps, 8 by three.
    [Fact]
    public void Four_sweeps_of_halves_find_the_fewest_presses_between_all_states_of_the_smallest_board()
    {
        const double gamma = 0.5;
        LightsOutBoard board = LightsOutBoard.Of(LightsOutSize.ThreeByThree);
        bool[] edges = new bool[512 * 512];
        for (uint state = 0; state < 512; state++)
        {
            foreach (uint mask in board.Masks)
                edges[state * 512 + (state ^ mask)] = true;
        }
        double[] values = new double[512 * 512], next = new double[512 * 512];
        TransitiveBackup.Begin(edges, gamma, values);
        for (int sweep = 1; sweep <= 4; sweep++)
        {
            TransitiveBackup.Sweep(values, next);
            (values, next) = (next, values);
            Assert.Equal(sweep == 4, IsExact(values));
        }

        bool IsExact(double[] values)
        {
            for (uint pair = 0; pair < values.Length; pair++)
            {
                int presses = BitOperations.PopCount(board.Presses(pair / 512, pair % 512)!.Value);
                if (values[pair] != Math.Pow(gamma, presses))
                    return false;
            }
            return true;
        }
    }

    [Fact]
    public void The_published_sizes_and_limits_hold()
    {
        foreach ((LightsOutSize size, int trajectories, int limit) in new[]
        {
            (LightsOutSize.ThreeByThree, 1000, 500), (LightsOutSize.FourByFour, 1000, 500),
            (LightsOutSize.FourByFive, 3000, 1000), (LightsOutSize.FourBySix, 5000, 1000),
        })
        {
            LightsOutArm arm = new(new LightsOutOptions { Board = size });
            Assert.Equal((trajectories, 1001, limit),
                (arm.Data[0].Trajectories, arm.Data[0].Rows, arm.EpisodeLength));
            Assert.Equal(7 + 4 * arm.Board.Buttons, arm.Observation.Size);
        }
    }
}
