using System.Text;
using RLSquared.Language.Data;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;

namespace RLSquared.Language.Tests.Data;

public sealed class DataTests
{
    [Fact]
    public void Prompts_chats_and_columns_are_read()
    {
        PromptExample[] examples = [.. Read("""
            {"prompt": "2+2=", "completion": "4", "answer": 4}

            {"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": "Hello"}]}
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": null, "tool_calls": [1]}]}
            """)];
        Assert.Equal(("2+2=", "4"), (examples[0].Prompt, examples[0].Completion));
        Assert.Equal(4, examples[0].Columns["answer"].GetInt32());
        Assert.Equal(("user", "Hi", "Hello"),
            (examples[1].Messages[0].Role, examples[1].Messages[0].Content, examples[1].Completion));
        Assert.Null(examples[2].Messages[1].Content);
        Assert.Equal("[1]", examples[2].Messages[1].More["tool_calls"].GetRawText());
    }

    [Theory]
    [InlineData("{\"prompt\": \"a\"}\n{\"promt\": \"b\"}", "data line 2 cannot be read: it lacks 'prompt'")]
    [InlineData("\n\n{\"prompt\": 3}", "data line 3 cannot be read: 'prompt' is not a list")]
    [InlineData("{\"prompt\": \"a\", \"completion\": 3}", "'completion' is not a list")]
    [InlineData("{\"messages\": [{\"content\": \"a\"}]}", "'messages[0]' lacks 'role'")]
    [InlineData("{\"messages\": []}", "'messages' has no messages")]
    [InlineData("[1]", "data line 1 cannot be read: it is not an object")]
    [InlineData("{\"prompt\": \"a\"", "data line 1 cannot be read: it is no valid JSON")]
    public void A_wrong_line_is_named_with_its_field(string text, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Read(text).Count()).Message);

    [Fact]
    public void Bytes_that_are_no_text_are_refused() => Assert.Contains("line 1 cannot be read: it is no UTF-8",
        Assert.Throws<InvalidDataException>(() => Examples.Read(
            new MemoryStream([.. "{\"prompt\": \""u8, 0xFF, .. "\"}"u8]), "data").Count()).Message);

    [Fact]
    public void Lines_longer_than_a_buffer_and_without_an_end_are_whole()
    {
        string text = new('x', 300_000);
        PromptExample[] examples = [.. Read($"\uFEFF{{\"prompt\": \"{text}\"}}\r\n{{\"prompt\": \"{text}\"}}")];
        Assert.Equal(2, examples.Length);
        Assert.All(examples, one => Assert.Equal(text, one.Prompt));
    }

    [Fact]
    public void Problems_lose_the_notes_of_their_calculator()
    {
        var problem = Gsm8kProblem.Read(new MemoryStream(Encoding.UTF8.GetBytes(
            """{"question": "How many?", "answer": "She sold 48/2 = <<48/2=24>>24 clips.\n#### 1,024"}""")),
            "data").Single();
        Assert.Equal(("How many?", "She sold 48/2 = 24 clips.", "1,024"),
            (problem.Question, problem.Solution, problem.Answer));
        Assert.Equal(["24"], problem.Results);
        PromptExample example = problem.ToExample();
        Assert.Equal(("How many?", "She sold 48/2 = 24 clips.\n#### 1,024", "1,024"),
            (example.Prompt, example.Columns["reference"].GetString(), example.Columns["answer"].GetString()));
        Assert.Equal(["24", "1,024"], example.Columns["checkpoints"].EnumerateArray().Select(one => one.GetString()));
        Assert.Contains("'answer' does not end in '####' and a number", Assert.Throws<InvalidDataException>(() =>
            Gsm8kProblem.Read(new MemoryStream("{\"question\": \"a\", \"answer\": \"b\"}"u8.ToArray()), "data").Count())
            .Message);
    }

    [JudgedFact("shared:data/gsm8k")]
    public void All_of_GSM8K_is_read_and_its_own_answers_are_right()
    {
        string path = Path.Combine(Judges.Find("shared:data/gsm8k")!, "test.jsonl");
        Gsm8kProblem[] problems = [.. Gsm8kProblem.Read(path)];
        Assert.Equal(1319, problems.Length);
        PromptExample[] raw = [.. Examples.Read(Renamed(path), "gsm8k")];
        Assert.Equal(1319, raw.Length);
        Assert.All(problems.Zip(raw), two => Assert.Equal(
            Numbers.Parse(two.First.Answer), Numbers.FindAnswer(two.Second.Columns["answer"].GetString()!)));
        // The judge of checkpoints approves of nearly every worked answer, and of none of the next problem's.
        JudgeQuestion[] worked = [.. problems.Select(one => new JudgeQuestion(
            JudgedPart.Trace, one.Question, one.Solution, one.ToExample().Completion!)
        {
            Checkpoints = [.. one.ToExample().Columns["checkpoints"].EnumerateArray()
                .Select(item => item.GetString()!)],
        })];
        Assert.True(worked.Count(one => CheckpointJudge.Score(one) >= IJudge.Approval) > 1310);
        Assert.True(worked.Zip(worked.Skip(1)).Count(two => CheckpointJudge.Score(
            two.First with { Text = two.Second.Text }) >= IJudge.Approval) < 60);
        int last = problems.Count(one => Numbers.FindAnswer(one.Solution) == Numbers.Parse(one.Answer));
        Assert.InRange(last, 1200, 1319);                      // most solutions end with their number
    }

    static MemoryStream Renamed(string path) =>
        new(Encoding.UTF8.GetBytes(File.ReadAllText(path).Replace("\"question\"", "\"prompt\"")));

    static IEnumerable<PromptExample> Read(string text) =>
        Examples.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "data");
}
