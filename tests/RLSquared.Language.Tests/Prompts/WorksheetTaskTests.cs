using RLSquared.Language.Data;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;

namespace RLSquared.Language.Tests.Prompts;

public sealed class WorksheetTaskTests
{
    static string Reference(PromptExample example) => example.Columns["reference"].GetString()!;

    static async Task<float[]> Rewards(WorksheetTask task, PromptExample example, params string[] texts) =>
        [.. (await task.Rewards.Score(
            [.. texts.Select(text => new Completion { Text = text, Columns = example.Columns })],
            TestContext.Current.CancellationToken)).Select(one => one.Reward ?? -1)];

    [Fact]
    public void References_follow_the_chain_and_their_rows_are_the_checkpoints()
    {
        var task = new WorksheetTask();
        for (int number = 0; number < 100; number++)
        {
            PromptExample example = task.Draw(1, number, PromptSplit.HeldOut);
            string[] asked = example.Prompt.TrimEnd('|')[..^1].Split('#'), rows = Reference(example)[..^1].Split('#');
            Assert.Equal((10, 10), (asked.Length, rows.Length));
            for (int row = 0; row < rows.Length; row++)
            {
                Assert.Equal(asked[row][1..4], rows[row][1..4]);
                int left = rows[row][0] - '0', right = rows[row][2] - '0';
                int result = rows[row][1] switch { '+' => left + right, '-' => left - right + 10, _ => left * right };
                Assert.Equal(result % 10, rows[row][4] - '0');
                Assert.Equal(row == 0 ? asked[0][0] : rows[row - 1][4], rows[row][0]);
            }
            Assert.Equal(rows, example.Columns["checkpoints"].EnumerateArray().Select(row => row.GetString()));
            Assert.Equal(task.LongestPrompt / 2, task.Encode(example).Length);
        }
    }

    [Fact]
    public void With_a_smaller_modulus_all_digits_are_below_it()
    {
        var task = new WorksheetTask(new WorksheetOptions { Modulus = 5, Right = 1, Hints = 0 });
        HashSet<(int, char, int)> sums = [];
        for (int number = 0; number < 200; number++)
        {
            foreach (string row in task.DrawExample(1, number).Completion![..^1].Split('#'))
            {
                int left = row[0] - '0', right = row[2] - '0';
                int result = row[1] switch { '+' => left + right, '-' => left - right + 5, _ => left * right };
                Assert.Equal(result % 5, row[4] - '0');
                Assert.InRange(left, 0, 4);
                sums.Add((left, row[1], right));
            }
        }
        Assert.Equal(3 * 25, sums.Count);
    }

    [Fact]
    public async Task Only_a_finished_sheet_whose_rows_are_all_right_is_worth_one()
    {
        var task = new WorksheetTask(new WorksheetOptions { Steps = 3 });
        PromptExample example = task.Draw(1, 0);
        string right = Reference(example);
        string wrong = right[..^2] + (char)('0' + (right[^2] - '0' + 1) % 10) + "#";
        string backward = new WorksheetTask(new WorksheetOptions { Steps = 3, Reference = WorksheetReference.Backward })
            .Draw(1, 0).Columns["reference"].GetString()!;
        Assert.NotEqual(right, backward);
        float[] rewards = await Rewards(
            task, example, right, right[..^1], backward, wrong, right + "#", right[..6], "");
        Assert.Equal([1, 1, 1, 0, 0, 0, 0], rewards);
        IReadOnlyList<Completion> cut = await task.Rewards.Score(
            [new Completion { Text = right, Columns = example.Columns, IsFinished = false }],
            TestContext.Current.CancellationToken);
        Assert.Equal(0, cut[0].Reward);
        Assert.Equal(1, cut[0].RewardParts["rows"]);
    }

    [Fact]
    public void There_are_as_many_hard_sheets_as_asked_for_and_held_out_ones_are_others()
    {
        var task = new WorksheetTask(new WorksheetOptions { Problems = 5 });
        HashSet<string> training = [.. Enumerable.Range(0, 20).Select(number => task.Draw(7, number).Prompt)];
        Assert.Equal(5, training.Count);
        Assert.Equal(training.Order(), Enumerable.Range(0, 5).Select(number => task.Draw(8, number).Prompt).Order());
        Assert.DoesNotContain(Enumerable.Range(0, 100), number =>
            training.Contains(task.Draw(7, number, PromptSplit.HeldOut).Prompt));
    }

    [Fact]
    public void The_tutor_is_right_as_often_as_asked_and_slips_by_one()
    {
        var task = new WorksheetTask();
        int[] slips = new int[10];
        int hinted = 0;
        for (int number = 0; number < 2000; number++)
        {
            PromptExample example = task.DrawExample(3, number);
            bool isHinted = example.Prompt.Length > task.LongestPrompt / 2;
            hinted += isHinted ? 1 : 0;
            foreach (string row in isHinted ? [] : example.Completion![..^1].Split('#'))
            {
                int left = row[0] - '0', right = row[2] - '0';
                int result = row[1] switch { '+' => left + right, '-' => left - right + 10, _ => left * right };
                slips[(row[4] - '0' - result % 10 + 10) % 10]++;
            }
        }
        double rows = slips.Sum();
        Assert.Equal(0.25, slips[0] / rows, 0.02);
        Assert.Equal(0.45, slips[1] / rows, 0.02);
        Assert.Equal(0.30, slips[9] / rows, 0.02);
        Assert.Equal(rows, slips[0] + slips[1] + slips[9]);
        Assert.Equal(0.15, hinted / 2000.0, 0.03);
    }

    [Fact]
    public void The_judge_of_checkpoints_approves_of_each_right_row()
    {
        PromptExample example = new WorksheetTask().Draw(1, 3);
        string[] rows = [.. example.Columns["checkpoints"].EnumerateArray().Select(row => row.GetString()!)];
        Assert.All(rows, row => Assert.Equal(5, CheckpointJudge.Score(
            new JudgeQuestion(JudgedPart.Step, example.Prompt, Reference(example), row + "#") { Checkpoints = rows })));
    }

    [Theory]
    [InlineData("steps", "1", "steps must be from 2 to 40")]
    [InlineData("right", "1.5", "right must be from 0 to 1")]
    [InlineData("reference", "mirrored", "reference must be own or backward")]
    public void Options_that_cannot_be_are_refused(string key, string value, string message) =>
        Assert.StartsWith(message, Assert.Throws<OptionException>(
            () => WorksheetOptions.Table.Apply([new(key, value)])).Message);
}
