# The walk of task_manager.
. "$(dirname "$0")/said.sh"

answer=$(curl -s -X POST $url/auth/register -H "Content-Type: application/json" -d '{"username":"john","email":"john@example.com","password":"password123","confirm_password":"password123"}')
said '"message":"User registered successfully."'
user=$(member id)
answer=$(curl -s -X POST $url/auth/login -H "Content-Type: application/json" -d '{"email":"john@example.com","password":"password123"}')
said '"message":"Login successful."'
token=$(member access_token)
refresh=$(member refresh_token)
answer=$(curl -s -X POST $url/tasks/ -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d "{\"title\":\"Raise the gate\",\"description\":\"Slowly\",\"user_id\":$user}" -w ' %{http_code}')
said '"message":"Task created successfully.".* 201$'
task=$(sed 's/.*"task":{"id":\([0-9]*\).*/\1/; s/.*"id":\([0-9]*\).*/\1/' <<< "$answer")
answer=$(curl -s -L "$url/tasks?page=1&per_page=5" -H "Authorization: Bearer $token")
said '"pagination":\{[^}]*"total":1'
answer=$(curl -s $url/tasks/$task -H "Authorization: Bearer $token")
said '"date_created":"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"'
answer=$(curl -s -X PUT $url/tasks/$task -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d '{"completed":true}')
said '"message":"Task updated successfully."'
said '"completed":true'
answer=$(curl -s -X DELETE $url/tasks/$task -H "Authorization: Bearer $token")
said '"message":"Task deleted successfully."'
answer=$(curl -s $url/tasks/$task -H "Authorization: Bearer $token" -w ' %{http_code}')
said '"message":"Task not found".* 404$'
answer=$(curl -s -X PUT $url/users/$user -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d '{"username":"john2"}')
said '"username":"john2"'
answer=$(curl -s -X POST $url/auth/refresh -H "Content-Type: application/json" -d "{\"refresh_token\":\"$refresh\"}")
said '"access_token"'
token=$(member access_token)
answer=$(curl -s $url/users/$user -H "Authorization: Bearer $token")
said '"email":"john@example.com"'
answer=$(curl -s -X POST $url/auth/logout -H "Content-Type: application/json" -d "{\"refresh_token\":\"$refresh\"}")
said '"message":"Logout successful. Token revoked."'
answer=$(curl -s -X POST $url/auth/refresh -H "Content-Type: application/json" -d "{\"refresh_token\":\"$refresh\"}" -w ' %{http_code}')
said '"error":"Invalid or expired refresh token.".* 401$'
answer=$(curl -s $url/tasks/ -H "Authorization: Bearer $token" -w ' %{http_code}')
said '"error":"Invalid token!".* 401$'
end
