# refused because: the company's own authority is none that API Gateway knows
foulweather drill deploy prices certificate=company-ca
